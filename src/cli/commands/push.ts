import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError } from 'commander'
import { type Fleet, openFleet } from '#core/fleet/stored.ts'
import { digestOf } from '#core/manifest/digest.ts'
import { callAdmin } from '../client/admin.ts'
import { exitCodes, Failure, say, sayJson, tell } from '../output.ts'
import { driftOf, driftText, traced } from '../registry/drift.ts'
import { type FleetDrift, fleetDrift } from '../registry/fleet-drift.ts'
import { fleetSignature } from '../registry/fleet-signature.ts'
import { type Declared, readRegistry } from '../registry/folder.ts'
import type { Listed } from '../registry/in-force.ts'
import { assertAllowed } from '../registry/judgements.ts'
import { gatewaySetting } from '../registry/setting.ts'
import { readSigner } from '../registry/signer.ts'
import { gatewayOf, readFrom, type TargetOptions, withTarget } from '../registry/target.ts'
import { type Outcome, publishThrough } from '../registry/through-gateway.ts'
import { writeWithWrangler } from '../registry/with-wrangler.ts'
import { waitingText } from './app-approvals.ts'

interface Options extends TargetOptions {
  readonly environment: string
  readonly renew: boolean
  readonly reason: string
  readonly batch: number
  readonly key?: string
  readonly fleetSignature?: string
  readonly dryRun: boolean
  readonly yes: boolean
  readonly json: boolean
}

export const push = withTarget(new Command('push'))
  .description('check a registry folder, show what would change for whom, and publish it')
  .argument('[folder]', 'folder of *.yaml manifests', 'registry')
  .option('--environment <name>', 'recorded in each pointer; --local implies `local`', 'production')
  .option('--renew', 'start the lifetime of every app anew', false)
  .option('--reason <text>', 'why, where a gateway records it', 'gatehouse push')
  .option('--batch <apps>', 'apps that wrangler writes at once', atLeastOne, 1_000)
  .option(
    '--key <file>',
    'sign what wrangler writes, and fleet rules for a gateway, with your private key, as an approver',
  )
  .option('--fleet-signature <jws>', 'what an approver got from gatehouse sign --fleet')
  .option('--dry-run', 'show the difference and write nothing', false)
  .option('-y, --yes', 'do not ask before writing to the deployed registry', false)
  .option('--json', 'print the result as JSON', false)
  .action(async (folder: string, options: Options) => {
    const environment = options.local ? 'local' : options.environment
    const inForce = readFrom(options)
    const declared = await readRegistry(folder, gatewaySetting(environment))
    tell(`Reading what is in force for ${declared.length} apps …`)
    const listed = await inForce.list()
    const digested = await Promise.all(
      declared.map(async one => ({ app: appOf(one), digest: await digestOf(one.document) })),
    )
    const drifts = driftOf(digested, listed, new Date()).filter(({ change }) => change !== 'gone')
    const fleet = await fleetDrift(folder, inForce)
    const gateway = gatewayOf(options)
    if (!gateway && !fleet) assertAllowed(declared, await fleetBefore((await inForce.fleet()).stored), environment)
    const found = await traced(drifts, new Map(declared.map(one => [appOf(one), one.manifest])), inForce)

    const changes = new Map(drifts.map(({ app, change }) => [app, change]))
    const changeOf = (app: string) => {
      const change = changes.get(app)
      return change === 'new' || change === 'changed' ? change : 'unchanged'
    }
    const chosen = options.renew ? declared : declared.filter(one => changeOf(appOf(one)) !== 'unchanged')
    if (!options.json && found.length > 0) say(driftText(found))
    if (!options.json && fleet) say('~ the fleet rules')
    const hasChanges = chosen.length > 0 || fleet !== undefined
    const writes = hasChanges && !options.dryRun
    if (writes && !options.local && !options.yes) await confirm(chosen.length, fleet !== undefined)

    const order = { ...options, environment, progress: progressOf(options.json) }
    const outcomes = !writes
      ? []
      : gateway
        ? await throughGateway(gateway, chosen, fleet, order)
        : await writeWithWrangler(options, chosen, listed, fleet?.item, order)
    const refused = outcomes.flatMap(one => ('failure' in one && one.failure ? one : []))
    if (options.json) {
      const done = new Map(outcomes.map(one => [one.app, one]))
      const apps = digested.map(({ app, digest }) =>
        shown(done.get(app) ?? { app, change: changeOf(app), digest }, listed.get(app)),
      )
      sayJson({ written: writes, fleet: fleet ? 'changed' : 'unchanged', drift: found, apps })
    } else if (!writes) say(!hasChanges ? 'Nothing to write.' : '\nNothing written (--dry-run).')
    else {
      for (const { pending } of outcomes) if (pending) say(`\n${waitingText(pending)}`)
      const done = outcomes.filter(({ change }) => change !== 'waits' && change !== 'refused').length
      say(`\n${counted(done, fleet !== undefined)} written. ${gateway ? inFiveSeconds : fromKv(options.local)}`)
    }
    if (refused.length > 0 && !options.json) throw refusals(refused)
    if (refused.length > 0) process.exitCode = exitCodes.refused
  })

const inFiveSeconds = 'The gateway has them everywhere within 5 s.'
const fromKv = (isLocal: boolean) =>
  `A running gateway takes them up within 30 s${isLocal ? '' : ', once KV has spread them (up to 60 s)'}.`
const counted = (apps: number, fleet: boolean) => `${apps} apps${fleet ? ' and the fleet rules' : ''}`
const appOf = ({ manifest }: Declared) => manifest.metadata.name
/** An app as `--json` tells it: as it was published, else as it is in force. */
function shown({ failure, ...outcome }: Partial<Outcome>, inForce: Listed = {}) {
  const { sequence, ...dates } = inForce
  const before =
    failure || outcome.change === 'unchanged' ? { ...dates, ...(sequence && { sequence: Number(sequence) }) } : {}
  return { ...before, ...outcome, ...(failure && { error: failure.message, faults: failure.problems }) }
}

/** The rules come first, since the manifests are judged by them. */
async function throughGateway(
  gateway: { readonly url: string; readonly state: string },
  chosen: readonly Declared[],
  fleet: FleetDrift | undefined,
  order: Parameters<typeof publishThrough>[2] & Pick<Options, 'key' | 'fleetSignature'>,
) {
  if (fleet) {
    const { documents } = fleet.declared
    const { key, fleetSignature: given } = order
    const signature = key ? (await fleetSignature(documents, gateway, await readSigner(key))).signature : given
    const path = `fleet?${new URLSearchParams({ reason: order.reason })}`
    await callAdmin(path, gateway, { method: 'PUT', body: { documents, ...(signature && { signature }) } })
  }
  return publishThrough(gateway, chosen, order)
}

/** The rules in force, by which a folder without rules of its own is judged. */
async function fleetBefore(text: string | undefined): Promise<Fleet> {
  const stored: unknown = text === undefined ? undefined : JSON.parse(text)
  return openFleet(stored, new Date()).catch(error => {
    const remedy = 'Push the folder that holds `fleet/` to mend them.'
    throw new Failure(`The fleet rules in force cannot be used: ${error.detail}. ${remedy}`)
  })
}

function refusals(refused: readonly { readonly app: string; readonly failure?: Failure }[]): Failure {
  const [first] = refused
  const problems = refused.flatMap(({ failure }) => failure?.problems ?? [])
  const names = refused.map(({ app }) => app).join(', ')
  return new Failure(`Not published: ${names}. ${first?.failure?.message ?? ''}`, exitCodes.refused, problems)
}

/** Many apps take a while; a few need no word. */
function progressOf(isQuiet: boolean): (done: number, all: number) => void {
  return (done, all) => {
    if (!isQuiet && all > 20 && (done % 100 === 0 || done === all)) tell(`${done} of ${all} apps …`)
  }
}

function atLeastOne(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('must be a whole number from 1')
  return count
}

async function confirm(count: number, fleet: boolean): Promise<void> {
  if (!process.stdin.isTTY)
    throw new Failure('Nobody can confirm here. Add --yes to write to the deployed registry.', exitCodes.usage)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`Write ${counted(count, fleet)} to the deployed registry? [y/N] `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('Nothing written.')
}
