import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { utf8Bytes } from '#core/encoding.ts'
import { Secret } from '#core/secrets/secret.ts'
import { secretVariable } from '#core/secrets/variable.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'
import { signAs } from '#core/webhook/sign.ts'
import { samples } from '../client/samples.ts'
import { root } from '../machine/paths.ts'
import { readSecrets } from '../machine/secrets-file.ts'
import { exitCodes, Failure, paint, say, sayJson } from '../output.ts'
import { readRegistry } from '../registry/folder.ts'
import { gatewaySetting } from '../registry/setting.ts'

interface Options {
  readonly app: string
  readonly source: string
  readonly event?: string
  readonly id?: string
  readonly skew: number
  readonly forge: boolean
  readonly url: string
  readonly registry: string
  readonly secrets: string
  readonly json: boolean
}

export const send = new Command('send')
  .description('send a sample event to the gateway, signed as the vendor would')
  .argument('<scheme>', Object.keys(samples).join(', '))
  .requiredOption('--app <app>', 'app')
  .requiredOption('--source <source>', 'webhook source of the app')
  .option('--event <file>', 'send the bytes of this file instead of a sample')
  .option('--id <id>', "the vendor's event id (default: a new one)")
  .option('--skew <seconds>', 'shift the timestamp, e.g. -600 for a stale one', wholeSeconds, 0)
  .option('--forge', 'change the body after signing, as an attacker would', false)
  .option('--url <url>', 'address of the gateway', 'http://127.0.0.1:8787')
  .addOption(
    new Option('--registry <folder>', 'where the manifest of the app is').default(
      join(root, 'examples/registry'),
      'examples/registry',
    ),
  )
  .addOption(
    new Option('--secrets <file>', 'where its secrets are').default(
      join(root, 'examples/secrets.env'),
      'examples/secrets.env',
    ),
  )
  .option('--json', 'print the answer as JSON', false)
  .action(async (scheme: string, options: Options) => {
    const request = await signedRequest(scheme, options)
    const url = `${options.url}/hooks/${options.app}/${options.source}`
    const response = await fetch(url, { method: 'POST', ...request, signal: AbortSignal.timeout(10_000) }).catch(
      error => {
        throw new Failure(
          `No answer from ${options.url}: ${error.cause?.code ?? error.message}. Is the gateway running? (npm start)`,
          exitCodes.unreachable,
        )
      },
    )
    const text = await response.text()
    if (options.json) sayJson({ status: response.status, body: parsed(text) })
    else say(`${paint(response.ok ? 'green' : 'red', String(response.status))} ${text}`)
    if (!response.ok) process.exitCode = exitCodes.refused
  })

async function signedRequest(
  scheme: string,
  { app, source, event, id = crypto.randomUUID(), skew, forge, registry, secrets }: Options,
) {
  const makeSample = samples[scheme]
  if (!makeSample) throw new Failure(`No scheme ${scheme}. Known: ${Object.keys(samples).join(', ')}.`, exitCodes.usage)
  const declared = await readRegistry(registry, gatewaySetting('local'))
  const manifest = declared.find(({ manifest }) => manifest.metadata.name === app)?.manifest
  const webhook = manifest?.spec.webhooks[source]
  const row = webhook && schemeOf(webhook)
  if (!webhook || !row) throw new Failure(`${registry} has no app ${app} with a source ${source}.`)
  if (webhook.scheme !== scheme)
    throw new Failure(`The source ${source} of ${app} takes ${webhook.scheme}, not ${scheme}.`)

  const [name = ''] = webhook.secrets
  const variable = secretVariable(app, name)
  const value = (await readSecrets(secrets))[variable] ?? process.env[variable]
  if (!value) throw new Failure(`The secret ${variable} is neither in ${secrets} nor in the environment.`)

  const timestampSeconds = Math.floor(Date.now() / 1000) + skew
  const sample = makeSample(id, timestampSeconds)
  const body = event ? new Uint8Array(await readFile(event)) : utf8Bytes(sample.body)
  const signature = await signAs(row, body, { id, timestampSeconds }, [new Secret(name, value)])
  const idHeader = webhook.hmac?.id ? { [webhook.hmac.id]: id } : {}
  return { body: forge ? forged(body) : body, headers: { ...sample.headers, ...idHeader, ...signature } }
}

function forged(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const changed = body.slice()
  const last = changed.length - 1
  if (last >= 0) changed[last] = (changed[last] ?? 0) ^ 1
  return last >= 0 ? changed : utf8Bytes(' ')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function wholeSeconds(text: string): number {
  if (!/^[+-]?\d{1,9}$/.test(text)) throw new InvalidArgumentError('seconds are a whole number, such as -600')
  return Number(text)
}
