import { Hono } from 'hono'
import * as z from 'zod'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { Fault } from '#core/fault.ts'
import type { Operator } from '#core/identity/operator.ts'
import { AppName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { EventCriteria, filterOf } from './event-filter.ts'
import { admitted, parsed, reasonFrom } from './gate.ts'
import { purgeOne } from './purge.ts'

const Query = EventCriteria.extend({
  app: AppName,
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z
    .string()
    .refine(id => mailboxOf(id) !== undefined, { error: 'must be the `next` of an earlier answer' })
    .optional(),
})

/** `/admin/v1/events`: what was accepted, what became of it, sending it again, forgetting it, and reading what is stored of it. */
export const events = (ports: Ports) =>
  new Hono()
    .get('/', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const { app, limit, cursor, ...criteria } = parsed(Query, context.req.query())
      const page = { limit: limit + 1, ...(cursor && { before: cursor }) }
      const items = await ports.mailboxes.list(app, filterOf(criteria), page)
      if (items.length === 0 && (await ports.registry.find(app)).kind === 'unknown')
        throw new Fault('not-found', `no app ${app}`)
      const shown = items.slice(0, limit)
      return context.json({ items: shown, next: items.length > limit ? (shown.at(-1)?.id ?? null) : null })
    })

    .get('/:id/payload', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const eventId = context.req.param('id')
      const stored = await ports.mailboxes.open(eventId)
      if (!stored) throw new Fault('not-found', `no event ${eventId}`)
      const reason = context.req.header('gatehouse-reason') ?? context.req.query('reason')
      await ports.audit.record({ type: 'payload.read', ...about(operator, eventId, reason) })
      const type = stored.headers.find(([name]) => name === 'content-type')?.[1]
      return new Response(stored.body ?? (await ports.payloads.get(eventId)), {
        headers: {
          'content-type': 'application/octet-stream',
          'content-disposition': 'attachment',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          ...(type && { 'gatehouse-content-type': type }),
        },
      })
    })

    .get('/:id', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const event = await ports.mailboxes.show(context.req.param('id'))
      if (!event) throw new Fault('not-found', `no event ${context.req.param('id')}`)
      return context.json(event)
    })

    .delete('/:id', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const reason = await reasonFrom(context.req.raw)
      const eventId = context.req.param('id')
      await purgeOne(eventId, ports)
      await ports.audit.record({ type: 'payload.purged', ...about(operator, eventId, reason) })
      return context.body(null, 204)
    })

    .post('/:id/replay', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const reason = await reasonFrom(context.req.raw)
      const eventId = context.req.param('id')
      const event = await ports.mailboxes.replay(eventId)
      if (!event) throw new Fault('not-found', `no event ${eventId}`)
      await ports.audit.record({ type: 'replay.event', ...about(operator, eventId, reason) })
      return context.json(event, 202)
    })

/** Who did something to an event, for the audit chain of its app. */
function about({ subject }: Operator, eventId: string, reason: string | undefined) {
  const app = mailboxOf(eventId)?.app ?? ''
  return { actor: subject, app, facts: { eventId }, ...(reason !== undefined && { reason }) }
}
