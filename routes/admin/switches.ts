import { type Context, Hono } from 'hono'
import type { AuditType } from '#core/audit/record.ts'
import { Fault } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import type { Standing } from '#core/switches/standing.ts'
import { entryOf, statusOf } from './app-status.ts'
import { admitted, reasonFrom } from './gate.ts'

/** `POST /admin/v1/apps/{app}/…`: what an operator turns, in force everywhere within 5 s. */
export const switches = (ports: Ports) =>
  new Hono()
    .post('/:app/kill', context => turned(context, ports, 'switch.killed', 'killed'))
    .post('/:app/revive', context => turned(context, ports, 'switch.revived', 'open'))
    .post('/:app/quarantine', context => turned(context, ports, 'switch.quarantined', 'quarantined'))
    .post('/:app/release', context => turned(context, ports, 'switch.released', 'open'))
    .post('/:app/pause', context => paused(context, ports, 'pause'))
    .post('/:app/resume', context => paused(context, ports, 'resume'))
    .post('/:app/sources/:source/pause', context => paused(context, ports, 'pause'))
    .post('/:app/sources/:source/resume', context => paused(context, ports, 'resume'))

/** Also an app whose entry cannot be read is stopped: that may be the reason for stopping it. */
async function turned(context: Context, ports: Ports, type: AuditType, standing: Standing): Promise<Response> {
  const operator = await admitted(context.req.raw, 'operator', ports)
  const reason = await reasonFrom(context.req.raw)
  const app = context.req.param('app') ?? ''
  const lookup = await ports.registry.find(app)
  if (lookup.kind === 'unknown') throw new Fault('not-found', `no app ${app}`)
  const at = ports.clock.now().toISOString()
  const { lacking } = await ports.switchboard.turn(app, { standing, reason, by: operator.subject, at })
  await ports.audit.record({ type, actor: operator.subject, app, reason, facts: { lacking } })
  const status = lookup.kind === 'found' ? await statusOf(lookup.entry, ports) : { app, killed: standing === 'killed' }
  return context.json({ ...status, lacking })
}

/** Pausing keeps accepting and keeps the order; what is under way ends. Without a source it is the whole app. */
async function paused(context: Context, ports: Ports, action: 'pause' | 'resume'): Promise<Response> {
  const operator = await admitted(context.req.raw, 'operator', ports)
  const reason = await reasonFrom(context.req.raw)
  const entry = await entryOf(context, ports)
  const source = context.req.param('source')
  if (source !== undefined && !Object.hasOwn(entry.manifest.spec.webhooks, source)) {
    throw new Fault('not-found', `${entry.app} has no source ${source}`)
  }
  const isTold = entry.manifest.spec.owner.notify !== undefined
  await ports.mailboxes[action](entry.app, source, isTold ? reason : undefined)
  const type = action === 'pause' ? 'switch.paused' : 'switch.resumed'
  const facts = source === undefined ? {} : { source }
  await ports.audit.record({ type, actor: operator.subject, app: entry.app, reason, facts })
  return context.json(await statusOf(entry, ports))
}
