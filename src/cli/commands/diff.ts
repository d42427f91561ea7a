import { Command } from 'commander'
import { exitCodes, Failure, say, sayJson, tell } from '../output.ts'
import { digestsOf } from '../registry/digests.ts'
import { type Drift, driftOf, driftText, traced } from '../registry/drift.ts'
import { fleetDrift } from '../registry/fleet-drift.ts'
import { manifestFiles, readFiles } from '../registry/folder.ts'
import { gatewaySetting } from '../registry/setting.ts'
import { readFrom, type TargetOptions, withTarget } from '../registry/target.ts'

interface Options extends TargetOptions {
  readonly against?: string
  readonly environment: string
  readonly check: boolean
  readonly json: boolean
}

export const diff = withTarget(new Command('diff'))
  .description('show how a registry folder differs from what is in force, and what that changes for those outside')
  .argument('[folder]', 'folder of *.yaml manifests', 'registry')
  .option('--against <file>', 'a bulk file of `gatehouse build` instead of a registry')
  .option('--environment <name>', 'where it is to be published; `local` allows http:// on loopback', 'production')
  .option('--check', 'end with 1 if anything differs, for CI', false)
  .option('--json', 'print the result as JSON', false)
  .action(async (folder: string, options: Options) => {
    const inForce = readFrom(options)
    const [declared, listed] = await Promise.all([manifestFiles(folder).then(digestsOf), inForce.list()])
    const drifts = driftOf(declared, listed, new Date())
    const environment = options.local ? 'local' : options.environment
    const files = declared.filter(({ app }) => changing(drifts).has(app)).map(({ file }) => file)
    const read = await readFiles(files, folder, gatewaySetting(environment))
    const manifests = new Map(read.map(({ manifest }) => [manifest.metadata.name, manifest]))
    const found = await traced(drifts, manifests, inForce)
    const fleet = (await fleetDrift(folder, inForce)) ? 'changed' : 'unchanged'

    const differs = found.length > 0 || fleet === 'changed'
    if (options.json) sayJson({ where: inForce.where, apps: declared.length, drift: found, fleet })
    else if (found.length > 0) say(driftText(found))
    if (!options.json && fleet === 'changed') say('~ the fleet rules')
    tell(differs ? summary(found, declared.length) : `${inForce.where} is as ${folder} says: ${declared.length} apps.`)
    if (!options.check || !differs) return
    if (!options.json) throw new Failure(`${inForce.where} is not as ${folder} says. gatehouse push mends it.`)
    process.exitCode = exitCodes.refused
  })

const changing = (drifts: readonly Drift[]) =>
  new Set(drifts.filter(({ change }) => change === 'new' || change === 'changed').map(({ app }) => app))

function summary(found: readonly Drift[], all: number): string {
  const counts = Map.groupBy(found, ({ change }) => change)
  return `Of ${all} apps ${[...counts].map(([change, some]) => `${some.length} ${change}`).join(', ')}.`
}
