import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import type { ReplayView } from '#core/delivery/replay.ts'
import { callAdmin } from '../client/admin.ts'
import { type ChosenEvents, filterFrom, type GatewayOptions, withEventFilter, withGateway } from '../client/options.ts'
import { say, sayJson, table, tell } from '../output.ts'

interface StartOptions extends GatewayOptions, ChosenEvents {
  readonly app: string
  readonly perSecond: string
  readonly dryRun: boolean
  readonly skipSuperseded: boolean
  readonly watch: boolean
  readonly reason: string
}

/** How often a watched replay is looked at. */
const watchEveryMs = 1_000

const start = withGateway(withEventFilter(new Command('start')))
  .description('deliver the events that match again, at a rate of their own that live traffic outranks')
  .option('--per-second <number>', 'at most so many a second', '10')
  .option('--dry-run', 'only count what matches', false)
  .option('--skip-superseded', 'leave out an event when a newer one of its order key was delivered', false)
  .option('--watch', 'show the progress until it is done', false)
  .requiredOption('--reason <text>', 'why; it is recorded')
  .action(async (options: StartOptions) => {
    const { app, dryRun, skipSuperseded, reason } = options
    const body = {
      app,
      filter: filterFrom(options),
      perSecond: Number(options.perSecond),
      dryRun,
      skipSuperseded,
      reason,
    }
    const answer = await callAdmin('replays', options, { method: 'POST', body })
    if (dryRun && !options.json) return say(`${(answer as { matched: number }).matched} events match.`)
    const isWatched = options.watch && !dryRun
    report(isWatched ? await watched(answer as ReplayView, options) : answer, options)
  })

const show = withGateway(new Command('show'))
  .description('how a replay is getting on')
  .argument('<id>', 'replay id')
  .action(async (id: string, options: GatewayOptions) => report(await callAdmin(`replays/${id}`, options), options))

const cancel = withGateway(new Command('cancel'))
  .description('stop a replay; what it has sent goes on')
  .argument('<id>', 'replay id')
  .requiredOption('--reason <text>', 'why; it is recorded')
  .action(async (id: string, options: GatewayOptions & { reason: string }) => {
    const path = `replays/${id}?reason=${encodeURIComponent(options.reason)}`
    report(await callAdmin(path, options, { method: 'DELETE' }), options)
  })

export const replays = new Command('replays')
  .description('deliver many events again')
  .addCommand(start)
  .addCommand(show)
  .addCommand(cancel)

async function watched(started: ReplayView, options: GatewayOptions): Promise<ReplayView> {
  let now = started
  while (now.state === 'running') {
    tell(`${now.sent} of ${now.matched} sent, ${now.delivered} delivered, ${now.dead} dead`)
    await delay(watchEveryMs)
    now = (await callAdmin(`replays/${now.id}`, options)) as ReplayView
  }
  return now
}

function report(answer: unknown, { json }: GatewayOptions): void {
  if (json) return void sayJson(answer)
  const { id, ...progress } = answer as ReplayView
  say(table([['replay', id], ...Object.entries(progress).map(([name, value]) => [name, String(value)])]))
}
