import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { type Fleet, openFleet } from '#core/fleet/stored.ts'
import { registryItems } from '#core/manifest/publish.ts'
import { exitCodes, Failure, say, sayJson, tell } from '../output.ts'
import { fleetItemOf } from '../registry/fleet.ts'
import { fleetFolder, readRegistry } from '../registry/folder.ts'
import { assertAllowed } from '../registry/judgements.ts'
import { differenceText, publications } from '../registry/publications.ts'
import { gatewaySetting } from '../registry/setting.ts'
import { inForce, putBulk, type Target } from '../registry/wrangler.ts'

interface Options {
  readonly local: boolean
  readonly state: string
  readonly environment: string
  readonly renew: boolean
  readonly dryRun: boolean
  readonly yes: boolean
  readonly json: boolean
}

export const push = new Command('push')
  .description('check a registry folder, show what would change, and write it to KV with wrangler')
  .argument('[folder]', 'folder of *.yaml manifests', 'registry')
  .option('--local', 'the registry of `npm start` on this machine', false)
  .option('--state <folder>', 'state folder of `npm start`, with --local', '.gatehouse')
  .option('--environment <name>', 'recorded in each pointer; --local implies `local`', 'production')
  .option('--renew', 'start the lifetime of every app anew', false)
  .option('--dry-run', 'show the difference and write nothing', false)
  .option('-y, --yes', 'do not ask before writing to the deployed registry', false)
  .option('--json', 'print the result as JSON', false)
  .action(async (folder: string, options: Options) => {
    const target: Target = options.local ? { local: true, state: options.state } : { local: false }
    const environment = options.local ? 'local' : options.environment
    const declared = await readRegistry(folder, gatewaySetting(environment))
    tell(`Reading what is in force for ${declared.length} apps …`)
    const names = declared.map(({ manifest }) => manifest.metadata.name)
    const { pointers, fleet: before } = await inForce(names, target)
    const fleet = await fleetItemOf(fleetFolder(folder), before)
    if (!fleet) assertAllowed(declared, await fleetBefore(before), environment)
    const published = await publications(declared, pointers, { environment, renew: options.renew })
    const changed = published.filter(({ change }) => change !== 'unchanged')

    const changesFleet = fleet !== undefined && digestIn(fleet.value) !== digestIn(before)
    const hasChanges = changed.length > 0 || changesFleet
    if (!options.json) say(differenceText(published, new Date()))
    if (!options.json && changesFleet) say('~ the fleet rules')
    const writes = hasChanges && !options.dryRun
    if (writes && !target.local && !options.yes) await confirm(changed.length, changesFleet)
    if (writes) await putBulk(registryItems(changed, changesFleet ? fleet : undefined), target)
    if (options.json)
      return sayJson({
        written: writes,
        fleet: changesFleet ? 'changed' : 'unchanged',
        apps: published.map(({ app, change, pointer }) => ({ app, change, ...pointer })),
      })
    if (!writes) return say(!hasChanges ? '\nNothing to write.' : '\nNothing written (--dry-run).')
    say(
      `\n${counted(changed.length, changesFleet)} written. A running gateway takes them up within 30 s${target.local ? '' : ', once KV has spread them (up to 60 s)'}.`,
    )
  })

const counted = (apps: number, fleet: boolean) => `${apps} apps${fleet ? ' and the fleet rules' : ''}`

/** The rules in force, by which a folder without rules of its own is judged. */
async function fleetBefore(text: string | undefined): Promise<Fleet> {
  const stored: unknown = text === undefined ? undefined : JSON.parse(text)
  return openFleet(stored, new Date()).catch(error => {
    const remedy = 'Push the folder that holds `fleet/` to mend them.'
    throw new Failure(`The fleet rules in force cannot be used: ${error.detail}. ${remedy}`)
  })
}

function digestIn(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as { readonly digest?: unknown }).digest
}

async function confirm(count: number, fleet: boolean): Promise<void> {
  if (!process.stdin.isTTY)
    throw new Failure('Nobody can confirm here. Add --yes to write to the deployed registry.', exitCodes.usage)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`Write ${counted(count, fleet)} to the deployed registry? [y/N] `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('Nothing written.')
}
