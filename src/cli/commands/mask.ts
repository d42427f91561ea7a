import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { text as textOf } from 'node:stream/consumers'
import { Command, InvalidArgumentError, Option } from 'commander'
import * as z from 'zod'
import { type Action, actions, keyedActions } from '#core/masking/action.ts'
import { appKeys } from '#core/masking/app-keys.ts'
import { type DestinationOutcomes, outcomesOf } from '#core/masking/destinations.ts'
import { type EntityType, entityTypes } from '#core/masking/detectors/entity-types.ts'
import { type Draft, type PreviewFinding, preview, previewPlan } from '#core/masking/preview.ts'
import { Secret } from '#core/secrets/secret.ts'
import { Failure, say, sayJson, table, tell } from '../output.ts'
import { type ManifestOptions, manifestOf } from '../registry/manifest-of.ts'

interface Options extends ManifestOptions {
  readonly entities?: EntityType[]
  readonly action: Action
  readonly explain: boolean
  readonly json: boolean
}

/** Longer documents are not read: no gateway takes a longer body. */
const maxCharacters = 26_214_400

export const mask = new Command('mask')
  .description('what masking makes of a text or a JSON document; nothing is sent')
  .argument('[file]', 'the document (default: what comes on standard input)')
  .option('--entities <types>', 'types to look for, separated by commas (default: every built-in one)', entitiesFrom)
  .addOption(new Option('--action <action>', 'what becomes of a value').choices(actions).default('redact'))
  .option(
    '--explain',
    'list the values, each with its place, instead of the document; with a manifest on every way',
    false,
  )
  .option('--manifest <file>', 'list what becomes of each value on every way that this manifest opens')
  .option('--app <app>', 'list the same for the manifest of this app, as it is in force at the gateway')
  .option('--registry <folder>', 'take the manifest of --app from this folder of *.yaml manifests instead')
  .option('--url <url>', 'address of the gateway', 'http://127.0.0.1:8787')
  .option('--state <folder>', 'state folder of `npm start`, for its operator token', '.gatehouse')
  .option(
    '--environment <name>',
    'of a manifest that is read from a file; `local` allows http:// on loopback',
    'production',
  )
  .option('--json', 'print the result as JSON', false)
  .action(async (file: string | undefined, options: Options) => {
    const { entities, action, explain, json } = options
    const draft = draftOf(await documentFrom(file))
    const manifest = await manifestOf(options)
    const app = manifest?.metadata.name ?? 'preview'
    const keys = await appKeys(app, keyEncryptionKey(manifest !== undefined || !keyedActions.has(action)))
    try {
      if (manifest) {
        const destinations = outcomesOf(manifest, draft, keys)
        return json ? sayJson({ destinations }) : say(destinationsText(destinations))
      }
      const made = preview(draft, previewPlan({ action, ...(entities && { entities }) }, app), keys)
      if (json) return sayJson(made)
      if (explain) return say(findingsText(made.findings))
      say('json' in draft ? JSON.stringify(made.masked, null, 2) : String(made.masked).replace(/\n$/, ''))
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof z.ZodError)) throw error
      throw new Failure(error instanceof z.ZodError ? z.prettifyError(error) : error.message)
    }
  })

function destinationsText(ways: readonly DestinationOutcomes[]): string {
  const rows = ways.flatMap(({ place, to, outcomes }) =>
    outcomes.length === 0
      ? [[place, to, 'nothing was found', '', '']]
      : outcomes.map(({ type, pointer = '', start, end, action }) => [
          place,
          to,
          action,
          type,
          `${pointer} ${start}-${end}`.trim(),
        ]),
  )
  return table([['place', 'to', 'action', 'type', 'where'], ...rows])
}

function findingsText(findings: readonly PreviewFinding[]): string {
  if (findings.length === 0) return 'Nothing was found.'
  const rows = findings.map(({ type, pointer = '', start, end, action }) => [
    type,
    action,
    `${pointer} ${start}-${end}`.trim(),
  ])
  return table([['type', 'action', 'where'], ...rows])
}

async function documentFrom(file: string | undefined): Promise<string> {
  const text =
    file === undefined
      ? await textOf(process.stdin)
      : await readFile(file, 'utf8').catch(error => {
          throw new Failure(`${file} cannot be read: ${error.code}.`)
        })
  if (text.length > maxCharacters) throw new Failure(`The document is longer than ${maxCharacters} characters.`)
  return text
}

/** An object or a list is JSON; all else is text. */
function draftOf(text: string): Draft {
  if (!/^\s*[[{]/.test(text)) return { text }
  try {
    return { json: JSON.parse(text) }
  } catch {
    return { text }
  }
}

/** The gateway's own where it is known here; else tokens and hashes are shown as they would look. */
function keyEncryptionKey(isNotShown: boolean): Secret {
  const known = process.env.GATEWAY_KEK
  if (known === undefined && !isNotShown)
    tell('GATEWAY_KEK is not set: tokens, hashes and look-alikes are not those of the gateway.')
  return new Secret('GATEWAY_KEK', known ?? randomBytes(32).toString('base64'))
}

function entitiesFrom(text: string): EntityType[] {
  const names = text.split(',').map(name => name.trim())
  return names.map(name => {
    const type = entityTypes.find(one => one === name && one !== 'CUSTOM')
    if (!type) throw new InvalidArgumentError(`${name} is no type; see docs/masking.md.`)
    return type
  })
}
