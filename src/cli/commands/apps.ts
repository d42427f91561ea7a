import { Command } from 'commander'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, Failure, paint, say, sayJson, table, tell } from '../output.ts'

/** An app as the admin API shows it. */
interface AppView {
  readonly app: string
  readonly digest: string
  readonly stage: string
  readonly publishedAt: string
  readonly expiresAt: string
  readonly paused: readonly string[]
}

const show = withGateway(new Command('show'))
  .description('how an app stands')
  .argument('<app>', 'app')
  .action(async (app: string, options: GatewayOptions) => report(await callAdmin(`apps/${app}`, options), options))

const switches = (['pause', 'resume'] as const).map(action =>
  withGateway(new Command(action))
    .description(
      action === 'pause'
        ? 'hold deliveries back: events are still accepted, and keep their order'
        : 'let deliveries that were held back go on',
    )
    .argument('<app>', 'app')
    .option('--source <source>', 'only this source; without it the whole app')
    .requiredOption('--reason <text>', 'why; it is recorded')
    .action(async (app: string, options: GatewayOptions & { source?: string; reason: string }) => {
      const path =
        options.source === undefined ? `apps/${app}/${action}` : `apps/${app}/sources/${options.source}/${action}`
      report(await callAdmin(path, options, { method: 'POST', body: { reason: options.reason } }), options)
    }),
)

interface PurgeOptions extends GatewayOptions {
  readonly source?: string
  readonly subjectPointer?: string
  readonly subjectValue?: string
  readonly reason: string
}

const purge = withGateway(new Command('purge'))
  .description('forget events of an app: all, those of a source, or those about one person')
  .argument('<app>', 'app')
  .option('--source <source>', 'only of this source')
  .option('--subject-pointer <pointer>', 'JSON pointer to what names the person, e.g. /data/customer/email')
  .option('--subject-value <value>', 'what stands there')
  .requiredOption('--reason <text>', 'why; it is recorded')
  .action(async (app: string, options: PurgeOptions) => {
    const { source, subjectPointer: pointer, subjectValue: value, reason } = options
    if ((pointer === undefined) !== (value === undefined)) {
      throw new Failure('--subject-pointer and --subject-value go together.', exitCodes.usage)
    }
    let purged = 0
    for (let cursor: string | null = ''; cursor !== null; ) {
      const body = {
        ...(source && { source }),
        ...(pointer !== undefined && { subject: { pointer, value } }),
        ...(cursor && { cursor }),
        reason,
      }
      const answer = (await callAdmin(`apps/${app}/purge`, options, { method: 'POST', body })) as {
        purged: number
        next: string | null
      }
      purged += answer.purged
      cursor = answer.next
      if (cursor !== null) tell(`${purged} forgotten so far …`)
    }
    if (options.json) return void sayJson({ purged })
    say(`${purged} events are forgotten.`)
  })

export const apps = [...switches, purge].reduce(
  (command, one) => command.addCommand(one),
  new Command('apps')
    .description('look at an app; pause and resume its deliveries; forget its events')
    .addCommand(show),
)

function report(answer: unknown, { json }: GatewayOptions): void {
  if (json) return void sayJson(answer)
  const { app, digest, stage, publishedAt, expiresAt, paused } = answer as AppView
  say(
    table([
      ['app', app],
      ['stage', stage],
      ['digest', digest],
      ['published', publishedAt],
      ['expires', expiresAt],
      ['paused', paused.length > 0 ? paint('yellow', paused.join(', ')) : 'nothing'],
    ]),
  )
}
