import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { type Recorded, recordedEvent, recordedInChain, recordedInLog } from '#core/fleet/recorded.ts'
import { type Rehearsal, rehearsal } from '#core/fleet/rehearse.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { Failure, paint, say, sayJson, tell } from '../output.ts'
import { readFleets } from '../registry/fleet.ts'
import { readManifests } from '../registry/folder.ts'
import { gatewaySetting } from '../registry/setting.ts'

interface Options extends GatewayOptions {
  readonly log?: readonly string[]
  readonly registry: string
  readonly environment: string
  readonly app?: string
}

/** How many records are read between two words of progress. */
const progressEvery = 100_000
/** The longest page that the admin API gives. */
const pageLimit = 500

export const rehearse = withGateway(new Command('rehearse'))
  .description('what rules would have done to requests that are on record, and to the manifests as they stand')
  .argument('<rules...>', 'files or folders of *.yaml rules and values')
  .option(
    '--log <files...>',
    'logs of the gateway, one JSON object a line; `-` is standard input (default: its records)',
  )
  .option('--registry <folder>', 'folder of *.yaml manifests', 'registry')
  .option('--environment <name>', 'what rules read as `environment`', 'production')
  .option('--app <app>', 'only the requests of this app')
  .action(async (paths: readonly string[], options: Options) => {
    const fleet = await readFleets(paths)
    if (fleet.rules.length === 0) throw new Failure(`There are no fleet rules in ${paths.join(', ')}.`)
    const declared = await readManifests(options.registry, gatewaySetting(options.environment))
    const manifests = new Map(declared.map(({ manifest }) => [manifest.metadata.name, manifest]))
    const { result, add } = rehearsal(fleet, manifests, { environment: options.environment, now: new Date() })
    const records = options.log ? inLogs(options.log) : atGateway(manifests, options)
    let read = 0
    for await (const recorded of records) {
      if (options.app === undefined || recorded.app === options.app) add(recorded)
      read += 1
      if (read % progressEvery === 0) tell(`${read} records read …`)
    }
    if (options.json) return sayJson(result)
    for (const line of told(result)) say(line)
  })

async function* inLogs(files: readonly string[]): AsyncIterable<Recorded> {
  for (const file of files) {
    const input = file === '-' ? process.stdin : (await opened(file)).createReadStream()
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const recorded = recordedInLog(line)
      if (recorded) yield recorded
    }
  }
}

function opened(file: string) {
  return open(file).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`The log ${file} cannot be read: ${error.code}.`)
  })
}

/** What the gateway itself has on record: kept events, and every request to the outside. It keeps none of calls at /apps. */
async function* atGateway(manifests: ReadonlyMap<string, Manifest>, options: Options): AsyncIterable<Recorded> {
  tell('Calls at /apps stand only in the log of the gateway: rehearse them with --log.')
  for (const [app, manifest] of manifests) {
    if (options.app !== undefined && app !== options.app) continue
    tell(`Reading the records of ${app} …`)
    for await (const record of pages<Parameters<typeof recordedInChain>[0]>('audit', app, options))
      yield* recordedInChain(record)
    for await (const event of pages<Parameters<typeof recordedEvent>[0]>('events', app, options))
      yield recordedEvent(event, manifest.spec.webhooks[event.source]?.scheme)
  }
}

async function* pages<Item>(path: string, app: string, options: GatewayOptions): AsyncIterable<Item> {
  let cursor: string | null = ''
  while (cursor !== null) {
    const query = new URLSearchParams({ app, limit: String(pageLimit), ...(cursor && { cursor }) })
    const page = (await callAdmin(`${path}?${query}`, options)) as { items: Item[]; next: string | null }
    yield* page.items
    cursor = page.next
  }
}

/** What would have been, in sentences. */
function told({ counts, rules }: Rehearsal): string[] {
  const heading = `${amount(counts.requests, 'request')} on record, ${counts.refused} refused at the time, ${counts.unknown} of apps that are not in the registry.`
  return [
    heading,
    ...rules.flatMap(({ rule, points, action, requests, reasons, unjudged, manifests }) => {
      const verb = { Deny: 'denied', Warn: 'warned of', Audit: 'recorded' }[action] ?? action
      const apps = Object.keys(requests).length
      const missed = total(unjudged)
      const sentence = `would have ${verb} ${amount(total(requests), 'request')} of ${amount(apps, 'app')}`
      const isAtPublish = points.includes('publish')
      const faulty = `finds fault with ${manifests.length === 0 ? 'no manifest' : `the manifests of ${manifests.join(', ')}`}`
      return [
        '',
        ...(points.includes('request') ? [`${paint('bold', rule)} ${sentence}.`] : []),
        ...inOrder(requests).map(([app, count]) => `  ${app}: ${count}`),
        ...inOrder(reasons).map(([reason, count]) => `  ${count} times: ${reason}`),
        ...(missed > 0
          ? [`  ${amount(missed, 'request')} could not be judged: their records do not hold what the rule reads.`]
          : []),
        ...(isAtPublish ? [`${paint('bold', rule)} ${faulty}.`] : []),
      ]
    }),
  ]
}

function inOrder(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([, one], [, other]) => other - one)
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function amount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
