import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '#core/fault.ts'
import { readFleet as readDocuments } from '#core/fleet/documents.ts'
import type { RuleSet } from '#core/fleet/judge.ts'
import { fleetItem } from '#core/fleet/stored.ts'
import type { RegistryItem } from '#core/manifest/publish.ts'
import { type Locate, readYaml } from '#core/manifest/yaml.ts'
import { Failure } from '../output.ts'
import { refuse } from './judgements.ts'

/** The rules and values of a folder: as they are understood, and as they were written, in the order of their files. */
export interface DeclaredFleet extends RuleSet {
  readonly documents: readonly unknown[]
}

/** What there is where there are no rules. */
export const noRules: DeclaredFleet = { rules: [], org: {}, documents: [] }

/**
 * The rules of a folder, by name; `undefined` when there is no such folder. Each is checked, and its tests are run.
 * Rules of all layers apply together, and none may take another's name: so a lower layer only ever adds to
 * what a higher one asks.
 *
 * @throws Failure that lists every fault of every file, with file and line
 */
export async function readFleet(folder: string): Promise<DeclaredFleet | undefined> {
  const files = await filesOf(folder)
  return files && readRules(files, folder)
}

/**
 * Rules and values of some files or folders together.
 *
 * @throws Failure as `readFleet` does, and for a path at which there is nothing
 */
export async function readFleets(paths: readonly string[]): Promise<DeclaredFleet> {
  const files = await Promise.all(
    paths.map(async path => {
      const found = /\.ya?ml$/.test(path) ? [path] : await filesOf(path)
      if (!found) throw new Failure(`There is no ${path}. Name files or folders of fleet rules.`)
      return found
    }),
  )
  return readRules(files.flat(), paths.join(', '))
}

async function filesOf(folder: string): Promise<string[] | undefined> {
  const items = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Failure(`The folder of fleet rules ${folder} cannot be read: ${error.code}.`)
  })
  return items?.filter(item => item.isFile() && /\.ya?ml$/.test(item.name)).map(item => join(folder, item.name))
}

async function readRules(files: readonly string[], from: string): Promise<DeclaredFleet> {
  const problems: Problem[] = []
  const read: { readonly document: unknown; readonly locate: Locate }[] = []
  for (const file of files.toSorted()) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Failure(`The fleet rule ${file} cannot be read: ${error.code}.`)
    })
    const yaml = readYaml(text, file)
    if (yaml.kind === 'refused') problems.push(...yaml.problems)
    else read.push(yaml)
  }
  const documents = read.map(({ document }) => document)
  const fleet = readDocuments(documents, new Date())
  if (fleet.kind === 'refused')
    problems.push(...fleet.findings.flatMap((found, index) => read[index]?.locate(found) ?? []))
  if (problems.length > 0 || fleet.kind === 'refused') throw refuse(`The fleet rules ${from} are refused`, problems)
  return { ...fleet, documents }
}

/**
 * What the registry's storage takes for the rules of a folder; nothing where there is no such folder.
 *
 * @param previous what is stored now
 */
export async function fleetItemOf(folder: string, previous?: string): Promise<RegistryItem | undefined> {
  const declared = await readFleet(folder)
  return declared && fleetItem(declared.documents, previous === undefined ? undefined : JSON.parse(previous))
}
