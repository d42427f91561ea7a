import { Hono } from 'hono'
import * as z from 'zod'
import { eventStates } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { Fault } from '#core/fault.ts'
import { AppName, SourceName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { admitted, parsed, reasonFrom } from './gate.ts'

const Time = z.iso.datetime({ offset: true }).transform(text => Date.parse(text))

const Query = z.strictObject({
  app: AppName,
  source: SourceName.optional(),
  state: z.enum(eventStates).optional(),
  fault: z.string().max(63).optional(),
  from: Time.optional(),
  to: Time.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z
    .string()
    .refine(id => mailboxOf(id) !== undefined, { error: 'must be the `next` of an earlier answer' })
    .optional(),
})

/** `/admin/v1/events`: what was accepted, what became of it, and sending it again. Never a payload. */
export const events = (ports: Ports) =>
  new Hono()
    .get('/', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const { app, source, state, fault, from, to, limit, cursor } = parsed(Query, context.req.query())
      const filter = {
        ...(source && { source }),
        ...(state && { state }),
        ...(fault && { fault }),
        ...(from !== undefined && { fromMs: from }),
        ...(to !== undefined && { toMs: to }),
      }
      const items = await ports.mailboxes.list(app, filter, { limit: limit + 1, ...(cursor && { before: cursor }) })
      if (items.length === 0 && (await ports.registry.find(app)).kind === 'unknown')
        throw new Fault('not-found', `no app ${app}`)
      const page = items.slice(0, limit)
      return context.json({ items: page, next: items.length > limit ? (page.at(-1)?.id ?? null) : null })
    })

    .get('/:id', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const event = await ports.mailboxes.show(context.req.param('id'))
      if (!event) throw new Fault('not-found', `no event ${context.req.param('id')}`)
      return context.json(event)
    })

    .post('/:id/replay', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const reason = await reasonFrom(context.req.raw)
      const eventId = context.req.param('id')
      const event = await ports.mailboxes.replay(eventId)
      if (!event) throw new Fault('not-found', `no event ${eventId}`)
      ports.log.write('info', 'audit', { action: 'event.replay', actor: operator.subject, eventId, reason })
      return context.json(event, 202)
    })
