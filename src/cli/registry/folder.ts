import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '#core/fault.ts'
import { belongingsOf } from '#core/manifest/belongings.ts'
import { readManifest } from '#core/manifest/read.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import type { Locate } from '#core/manifest/yaml.ts'
import { policyNames } from '#policies/pipeline.ts'
import { Failure } from '../output.ts'
import { noRules, readFleet } from './fleet.ts'
import { assertAllowed, refuse } from './judgements.ts'
import type { GatewaySetting } from './setting.ts'

/** One manifest of a registry folder: as it was written, and as it is understood. */
export interface Declared {
  readonly file: string
  readonly manifest: Manifest
  readonly document: unknown
  /** Gives findings the lines of the file that they stand on. */
  readonly locate: Locate
}

/** Where the fleet rules of a registry folder stand. */
export const fleetFolder = (folder: string) => join(folder, 'fleet')

/**
 * Reads every `*.yaml` of a registry folder and has its fleet rules judge them.
 *
 * @throws Failure that lists every fault of every file, with file and line
 */
export async function readRegistry(folder: string, setting: GatewaySetting): Promise<Declared[]> {
  const declared = await readManifests(folder, setting)
  assertAllowed(declared, (await readFleet(fleetFolder(folder))) ?? noRules, setting.environment)
  return declared
}

/**
 * The manifests of a registry folder, by name, whatever the fleet rules say of them.
 *
 * @throws Failure that lists every fault of every file
 */
export async function readManifests(folder: string, setting: GatewaySetting): Promise<Declared[]> {
  return readFiles(await manifestFiles(folder), folder, setting)
}

/** Some files of a registry folder, as `readManifests` reads all. */
export async function readFiles(
  files: readonly string[],
  folder: string,
  setting: GatewaySetting,
): Promise<Declared[]> {
  const problems: Problem[] = []
  const declared: Declared[] = []
  for (const file of files) {
    // to wait for each small file costs more than to read it
    const read = readManifest(readFileSync(file, 'utf8'), file, { ...setting, policies: policyNames })
    if (read.kind === 'refused') problems.push(...read.problems)
    else declared.push({ file, manifest: read.manifest, document: read.document, locate: read.locate })
  }
  problems.push(...namesTwice(declared), ...(await takenTwice(declared)))
  if (problems.length > 0) throw refuse(`The registry ${folder} is refused`, problems)
  return declared.sort((one, other) => (one.manifest.metadata.name < other.manifest.metadata.name ? -1 : 1))
}

export async function manifestFiles(folder: string): Promise<string[]> {
  const items = await readdir(folder, { withFileTypes: true }).catch(error => {
    throw new Failure(`The registry folder ${folder} cannot be read: ${error.code}. Name a folder of manifests.`)
  })
  const files = items.filter(item => item.isFile() && /\.ya?ml$/.test(item.name)).map(item => join(folder, item.name))
  if (files.length === 0) throw new Failure(`The registry folder ${folder} holds no *.yaml manifest.`)
  return files.sort()
}

/** What is one app's is no other's: a token of one workload would be a token of both, a host would lead to either. */
async function takenTwice(declared: readonly Declared[]): Promise<Problem[]> {
  const owners = new Map<string, string>()
  const problems: Problem[] = []
  for (const { manifest, locate } of declared) {
    const app = manifest.metadata.name
    for (const { key, takenBy } of await belongingsOf(manifest)) {
      const owner = owners.get(key) ?? app
      owners.set(key, owner)
      if (owner !== app) problems.push(...locate([takenBy(owner)]))
    }
  }
  return problems
}

function namesTwice(declared: readonly Declared[]): Problem[] {
  const byName = Map.groupBy(declared, ({ manifest }) => manifest.metadata.name)
  return [...byName].flatMap(([name, same]) =>
    same.slice(1).map(({ file }) => ({
      file,
      path: 'metadata.name',
      reason: `is ${name}, as in ${same[0]?.file}`,
      remedy: 'Give every app a name of its own.',
    })),
  )
}
