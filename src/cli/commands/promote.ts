import { Command } from 'commander'
import { differences } from '#core/change/differences.ts'
import { digestOf } from '#core/manifest/digest.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { callAdmin } from '../client/admin.ts'
import { exitCodes, Failure, say, sayJson } from '../output.ts'
import { differenceLines } from '../registry/difference-text.ts'
import { digestAt, revisionAt } from '../registry/revisions.ts'
import { type WaitingView, waitingText } from './app-approvals.ts'

interface Options {
  readonly from: string
  readonly to: string
  readonly fromState: string
  readonly state: string
  readonly digest?: string
  readonly reason: string
  readonly dryRun: boolean
  readonly json: boolean
}

export const promote = new Command('promote')
  .description('bring what is in force in one environment, byte for byte, into the next')
  .argument('<app>', 'app')
  .requiredOption('--from <url>', 'the gateway of the environment in which it is in force')
  .requiredOption('--to <url>', 'the gateway of the environment that it goes to')
  .option('--digest <digest>', 'an earlier revision, as sha256:… (default: the one in force)')
  .requiredOption('--reason <text>', 'why; it is recorded')
  .option('--from-state <folder>', 'state folder of `npm start` of --from, for its operator token', '.gatehouse')
  .option('--state <folder>', 'state folder of `npm start` of --to, for its operator token', '.gatehouse')
  .option('--dry-run', 'show what would change and publish nothing', false)
  .option('--json', 'print the result as JSON', false)
  .action(async (app: string, options: Options) => {
    const { from, to, reason, dryRun, json } = options
    if (from === to) throw new Failure('--from and --to are the same gateway.', exitCodes.usage)
    const source = { url: from, state: options.fromState }
    const target = { url: to, state: options.state }
    const revision = await revisionAt(source, app, options.digest ?? (await digestAt(source, app)))
    if (!revision) throw new Failure(`${from} has no app ${app}.`)
    const { environment, digest, manifest } = revision
    if ((await digestOf(manifest)) !== digest) throw new Failure(`${from} gave a manifest that is not ${digest}.`)

    const before = await revisionAt(target, app, await digestAt(target, app))
    const found = differences(before && Manifest.safeParse(before.manifest).data, Manifest.parse(manifest))
    if (!json) say([`${app} ${digest.slice(0, 19)} from ${environment} to ${to}`, ...differenceLines(found)].join('\n'))
    if (dryRun)
      return json
        ? sayJson({ app, digest, from: environment, differences: found })
        : say('Nothing published (--dry-run).')

    const query = new URLSearchParams({ reason, promotedFrom: environment })
    const answer = (await callAdmin(`apps/${app}?${query}`, target, { method: 'PUT', body: manifest })) as {
      readonly digest?: string
      readonly sequence?: number
      readonly change?: string
      readonly pending?: WaitingView
    }
    const { pending, ...published } = answer
    if ((pending ?? published).digest !== digest)
      throw new Failure(`${to} has published another digest than ${digest}.`)
    if (json) return sayJson({ app, from: environment, differences: found, ...answer })
    if (pending) return say(waitingText(pending))
    say(
      published.change === 'unchanged' ? 'It is in force there already.' : `In force, sequence ${published.sequence}.`,
    )
  })
