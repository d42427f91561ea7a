import { Command } from 'commander'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, Failure, paint, say, sayJson } from '../output.ts'
import { type WaitingView, waitingText } from './app-approvals.ts'

interface StatusView {
  readonly checkedAt: string | null
  readonly apps: number
  readonly bad: readonly { readonly app: string; readonly reason: string }[]
  readonly missingSecrets: readonly { readonly app: string; readonly name: string }[]
  readonly checking: Pick<StatusView, 'apps' | 'bad' | 'missingSecrets'>
  readonly replicasBehind: readonly string[]
  readonly waiting: readonly WaitingView[]
}

export const status = withGateway(new Command('status'))
  .description('what is wrong with a gateway: bad entries, missing secrets, replicas behind; and what waits')
  .option('--check', 'end with 1 if an entry is bad, a secret is missing or a replica is behind', false)
  .action(async (options: GatewayOptions & { readonly check: boolean }) => {
    const view = (await callAdmin('status', options)) as StatusView
    const bad = merged(view.bad, view.checking.bad, ({ app }) => app)
    const missing = merged(view.missingSecrets, view.checking.missingSecrets, ({ app, name }) => `${app} ${name}`)
    if (options.json) sayJson(view)
    else report(view, bad, missing)
    if (!options.check || bad.length + missing.length + view.replicasBehind.length === 0) return
    if (!options.json) throw new Failure('The gateway is not whole.')
    process.exitCode = exitCodes.refused
  })

function report(
  { checkedAt, apps, replicasBehind, waiting }: StatusView,
  bad: StatusView['bad'],
  missing: StatusView['missingSecrets'],
) {
  say(checkedAt ? `${apps} apps, checked ${checkedAt}` : 'The registry has not been gone through yet; the cron does.')
  for (const { app, reason } of bad) say(`${paint('red', 'bad entry')} ${app}: ${reason}`)
  for (const { app, name } of missing) say(`${paint('red', 'missing secret')} ${app}: ${name} (gatehouse secret put)`)
  for (const replica of replicasBehind) say(`${paint('red', 'behind')} ${replica}`)
  for (const one of waiting) say(waitingText(one))
  if (checkedAt && bad.length + missing.length + replicasBehind.length === 0) say(paint('green', 'nothing is wrong'))
}

/** What this round found already, and what the last one did. */
function merged<Item>(last: readonly Item[], now: readonly Item[], nameOf: (item: Item) => string): Item[] {
  return [...new Map([...last, ...now].map(item => [nameOf(item), item])).values()]
}
