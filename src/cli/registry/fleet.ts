import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '#core/fault.ts'
import type { FleetRule } from '#core/fleet/judge.ts'
import { readRule } from '#core/fleet/rule.ts'
import { fleetItem, maxRules } from '#core/fleet/stored.ts'
import type { RegistryItem } from '#core/manifest/publish.ts'
import { readYaml } from '#core/manifest/yaml.ts'
import { Failure } from '../output.ts'
import { refuse } from './judgements.ts'

/** One rule of a folder: as it was written, and as it is understood. */
export interface DeclaredRule {
  readonly file: string
  readonly rule: FleetRule
  readonly document: unknown
}

/**
 * The rules of a folder, by name; `undefined` when there is no such folder. Each is checked, and its tests are run.
 * Rules of all layers apply together, and none may take another's name: so a lower layer only ever adds to
 * what a higher one asks.
 *
 * @throws Failure that lists every fault of every file, with file and line
 */
export async function readFleet(folder: string): Promise<DeclaredRule[] | undefined> {
  const items = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Failure(`The folder of fleet rules ${folder} cannot be read: ${error.code}.`)
  })
  if (!items) return undefined
  const files = items.filter(item => item.isFile() && /\.ya?ml$/.test(item.name)).map(item => join(folder, item.name))
  const problems: Problem[] = []
  const declared: DeclaredRule[] = []
  for (const file of files.sort()) {
    const read = readYaml(await readFile(file, 'utf8'), file)
    if (read.kind === 'refused') {
      problems.push(...read.problems)
      continue
    }
    const checked = readRule(read.document, new Date())
    if (checked.kind === 'refused') problems.push(...read.locate(checked.findings))
    else declared.push({ file, rule: checked.rule, document: read.document })
  }
  problems.push(...namesTwice(declared))
  if (problems.length > 0) throw refuse(`The fleet rules ${folder} are refused`, problems)
  if (declared.length > maxRules) throw new Failure(`${folder} holds more than ${maxRules} rules. Join some of them.`)
  return declared.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
}

/** What the registry's storage takes for the rules of a folder; nothing where there is no such folder. */
export async function fleetItemOf(folder: string): Promise<RegistryItem | undefined> {
  const declared = await readFleet(folder)
  return declared && fleetItem(declared.map(({ document }) => document))
}

function nameOf({ rule }: DeclaredRule): string {
  return rule.source.metadata.name
}

function namesTwice(declared: readonly DeclaredRule[]): Problem[] {
  return [...Map.groupBy(declared, nameOf)].flatMap(([name, same]) =>
    same.slice(1).map(({ file }) => ({
      file,
      path: 'metadata.name',
      reason: `is ${name}, as in ${same[0]?.file}`,
      remedy: 'Give it a name of its own: a rule adds to the others, and replaces none.',
    })),
  )
}
