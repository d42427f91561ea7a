import { Hono } from 'hono'
import * as z from 'zod'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { Fault } from '#core/fault.ts'
import { AppName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { EventCriteria, filterOf } from './event-filter.ts'
import { admitted, jsonFrom, parsed, reasonFrom } from './gate.ts'

const Order = z.strictObject({
  app: AppName,
  filter: EventCriteria.default({}),
  dryRun: z.boolean().default(false),
  perSecond: z.int().min(1).max(500).default(10),
  skipSuperseded: z.boolean().default(false),
  reason: z.string().trim().min(1, { error: 'must say why' }).max(1024),
})

/** `/admin/v1/replays`: sending many events again, at a rate of its own that live traffic outranks. */
export const replays = (ports: Ports) =>
  new Hono()
    .post('/', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const { app, filter, dryRun, reason, ...pace } = parsed(Order, await jsonFrom(context.req.raw))
      if ((await ports.registry.find(app)).kind === 'unknown') throw new Fault('not-found', `no app ${app}`)
      const order = { ...pace, filter: filterOf(filter) }
      if (dryRun) return context.json({ matched: await ports.mailboxes.countReplay(app, order) })
      const replay = await ports.mailboxes.startReplay(app, order)
      const facts = { replay: replay.id, filter }
      await ports.audit.record({ type: 'replay.started', actor: operator.subject, app, reason, facts })
      return context.json(replay, 202)
    })

    .get('/:id', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const id = context.req.param('id')
      const replay = await ports.mailboxes.showReplay(id)
      if (!replay) throw new Fault('not-found', `no replay ${id}`)
      return context.json(replay)
    })

    .delete('/:id', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const reason = await reasonFrom(context.req.raw)
      const id = context.req.param('id')
      const replay = await ports.mailboxes.cancelReplay(id)
      if (!replay) throw new Fault('not-found', `no replay ${id}`)
      const about = { actor: operator.subject, app: mailboxOf(id)?.app ?? '', reason, facts: { replay: id } }
      await ports.audit.record({ type: 'replay.cancelled', ...about })
      return context.json(replay)
    })
