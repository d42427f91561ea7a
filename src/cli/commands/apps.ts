import { Command } from 'commander'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, Failure, paint, say, sayJson, table, tell } from '../output.ts'
import { appApprovals, type WaitingView, waitingText } from './app-approvals.ts'
import { appDelete } from './app-delete.ts'
import { appRollback, appSwitches } from './app-switches.ts'

/** An app as the admin API shows it. */
interface AppView {
  readonly app: string
  readonly digest: string
  readonly stage: string
  readonly publishedAt: string
  readonly expiresAt: string
  readonly paused: readonly string[]
  readonly killed?: boolean
  readonly quarantined?: boolean
  readonly switchedBy?: string
  readonly switchReason?: string
  /** Instead of all else: its entry cannot be used. */
  readonly fault?: string
}

const show = withGateway(new Command('show'))
  .description('how an app stands')
  .argument('<app>', 'app')
  .action(async (app: string, options: GatewayOptions) => report(await callAdmin(`apps/${app}`, options), options))

const list = withGateway(new Command('list'))
  .description('every app, and how it stands')
  .action(async (options: GatewayOptions) => {
    const apps: AppView[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor ? `?limit=100&cursor=${encodeURIComponent(cursor)}` : '?limit=100'
      const page = (await callAdmin(`apps${query}`, options)) as { items: AppView[]; next: string | null }
      apps.push(...page.items)
      cursor = page.next
    }
    if (options.json) return sayJson(apps)
    if (apps.length === 0) return say('No app is registered.')
    say(table(apps.map(one => [one.app, one.stage ?? '', standingOf(one), one.expiresAt?.slice(0, 10) ?? ''])))
  })

const revisions = withGateway(new Command('revisions'))
  .description('the revisions of an app that are kept, or wait for an approver')
  .argument('<app>', 'app')
  .action(async (app: string, options: GatewayOptions) => {
    const answer = (await callAdmin(`apps/${app}/revisions`, options)) as {
      items: { digest: string; inForce: boolean; pending?: WaitingView }[]
    }
    if (options.json) return sayJson(answer)
    const standing = ({ inForce, pending }: (typeof answer.items)[number]) =>
      inForce ? paint('green', 'in force') : pending ? paint('yellow', 'waits') : ''
    say(table(answer.items.map(item => [item.digest, standing(item)])))
    for (const { pending } of answer.items) if (pending) say(`\n${waitingText(pending)}`)
  })

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

export const apps = [
  list,
  show,
  ...appSwitches(report),
  revisions,
  appRollback(say, sayJson),
  ...appApprovals,
  purge,
  appDelete,
].reduce(
  (command, one) => command.addCommand(one),
  new Command('apps').description(
    'look at apps; stop them and let them go on; approve; roll back; forget events; delete',
  ),
)

function report(answer: unknown, { json }: GatewayOptions): void {
  if (json) return void sayJson(answer)
  const view = answer as AppView
  const { app, digest, stage, publishedAt, expiresAt, paused } = view
  say(
    table([
      ['app', app],
      ['stage', stage],
      ['digest', digest],
      ['published', publishedAt],
      ['expires', expiresAt],
      ['switch', standingOf(view)],
      ['paused', paused.length > 0 ? paint('yellow', paused.join(', ')) : 'nothing'],
    ]),
  )
}

function standingOf({ killed, quarantined, switchedBy, switchReason, fault }: AppView): string {
  if (fault) return paint('red', fault)
  if (!killed && !quarantined) return paint('green', 'open')
  return paint('red', `${killed ? 'killed' : 'quarantined'} by ${switchedBy}: ${switchReason}`)
}
