import * as z from 'zod'
import type { AuditType } from '#core/audit/record.ts'
import { Fault } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import type { Standing } from '#core/switches/standing.ts'
import { AppStatus, entryOf, statusOf } from './app-status.ts'
import { type Asked, call, Reason } from './call.ts'

/** Also an app whose entry cannot be read is turned; of it no more than this is known. */
const Turned = z.object({
  ...AppStatus.partial().shape,
  app: z.string(),
  killed: z.boolean(),
  lacking: z.array(z.string()).describe('replicas of the switchboard that have not confirmed yet'),
})

/** `POST /admin/v1/apps/{app}/…`: what an operator turns, in force everywhere within 5 s. */
export const switches = [
  turn('kill', 'Stops an app: every door answers app-killed.', 'switch.killed', 'killed'),
  turn('revive', 'Lets a killed app go on.', 'switch.revived', 'open'),
  turn(
    'quarantine',
    'Keeps the webhooks of an app, and lets nothing else in or out.',
    'switch.quarantined',
    'quarantined',
  ),
  turn('release', 'Ends a quarantine.', 'switch.released', 'open'),
  pause('/apps/{app}/pause', 'pause', 'Holds the deliveries of an app back.'),
  pause('/apps/{app}/resume', 'resume', 'Lets deliveries that were held back go on.'),
  pause('/apps/{app}/sources/{source}/pause', 'pause', 'Holds the deliveries of a source back.'),
  pause('/apps/{app}/sources/{source}/resume', 'resume', 'Lets deliveries of a source go on.'),
]

/** Also an app whose entry cannot be read is stopped: that may be the reason for stopping it. */
function turn(action: string, does: string, type: AuditType, standing: Standing) {
  const row = { method: 'post', role: 'operator', does, body: Reason, answers: { 200: Turned } } as const
  return call(
    { ...row, path: `/apps/{app}/${action}` as '/apps/{app}' },
    async ({ params: { app }, ...asked }, ports) => {
      const { operator, body } = asked
      const { reason } = body
      const lookup = await ports.registry.find(app)
      if (lookup.kind === 'unknown') throw new Fault('not-found', `no app ${app}`)
      const at = ports.clock.now().toISOString()
      const { lacking } = await ports.switchboard.turn(app, { standing, reason, by: operator.subject, at })
      await ports.audit.record({ type, actor: operator.subject, app, reason, facts: { lacking } })
      const status =
        lookup.kind === 'found' ? await statusOf(lookup.entry, ports) : { app, killed: standing === 'killed' }
      return [200, { ...status, lacking }]
    },
  )
}

type PausePath = '/apps/{app}' | '/apps/{app}/sources/{source}'

/** Pausing keeps accepting and keeps the order; what is under way ends. Without a source it is the whole app. */
function pause(path: `${PausePath}/${'pause' | 'resume'}`, action: 'pause' | 'resume', does: string) {
  const row = { method: 'post', role: 'operator', does, body: Reason, answers: { 200: AppStatus } } as const
  return call({ ...row, path: path as string }, async (asked, ports) => [200, await paused(asked, action, ports)])
}

async function paused(
  { params, operator, body: { reason } }: Asked<string, unknown, z.infer<typeof Reason>>,
  action: 'pause' | 'resume',
  ports: Ports,
) {
  const { app = '', source } = params as { readonly app?: string; readonly source?: string }
  const entry = await entryOf(app, ports)
  if (source !== undefined && !Object.hasOwn(entry.manifest.spec.webhooks, source)) {
    throw new Fault('not-found', `${entry.app} has no source ${source}`)
  }
  const isTold = entry.manifest.spec.owner.notify !== undefined
  await ports.mailboxes[action](entry.app, source, isTold ? reason : undefined)
  const type = action === 'pause' ? 'switch.paused' : 'switch.resumed'
  const facts = source === undefined ? {} : { source }
  await ports.audit.record({ type, actor: operator.subject, app: entry.app, reason, facts })
  return statusOf(entry, ports)
}
