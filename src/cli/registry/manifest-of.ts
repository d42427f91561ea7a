import { readFile } from 'node:fs/promises'
import { readManifest } from '#core/manifest/read.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { policyNames } from '#policies/pipeline.ts'
import { exitCodes, Failure } from '../output.ts'
import { readManifests } from './folder.ts'
import { digestAt, revisionAt } from './revisions.ts'
import { gatewaySetting } from './setting.ts'

/** Which manifest is meant: that of a file, of an app in a registry folder, or of an app in force at a gateway. */
export interface ManifestOptions {
  readonly manifest?: string
  readonly app?: string
  readonly registry?: string
  readonly environment: string
  readonly url: string
  readonly state: string
}

/**
 * The manifest that is meant, if one is.
 *
 * @throws Failure where it is refused, or not there
 */
export async function manifestOf(options: ManifestOptions): Promise<Manifest | undefined> {
  const { manifest: file, app, registry, environment, url } = options
  if (file !== undefined && app !== undefined) throw new Failure('Give --manifest or --app, not both.', exitCodes.usage)
  if (registry !== undefined && app === undefined) throw new Failure('Say which app with --app.', exitCodes.usage)
  if (file !== undefined) return manifestIn(file, environment)
  if (app === undefined) return undefined
  if (registry !== undefined) {
    const declared = await readManifests(registry, gatewaySetting(environment))
    const found = declared.find(({ manifest }) => manifest.metadata.name === app)
    if (!found) throw new Failure(`The registry ${registry} has no app ${app}.`)
    return found.manifest
  }
  const inForce = Manifest.safeParse((await revisionAt(options, app, await digestAt(options, app)))?.manifest)
  if (!inForce.success)
    throw new Failure(`No app ${app} is in force at ${url}. \`gatehouse apps list\` names those that are.`)
  return inForce.data
}

async function manifestIn(file: string, environment: string): Promise<Manifest> {
  const text = await readFile(file, 'utf8').catch(error => {
    throw new Failure(`${file} cannot be read: ${error.code}.`)
  })
  const read = readManifest(text, file, { ...gatewaySetting(environment), policies: policyNames })
  if (read.kind === 'accepted') return read.manifest
  throw new Failure(`The manifest ${file} is refused.`, exitCodes.refused, read.problems)
}
