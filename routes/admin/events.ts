import * as z from 'zod'
import { eventStates } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { purgeOne } from '#core/delivery/purge.ts'
import { Fault } from '#core/fault.ts'
import type { Operator } from '#core/identity/operator.ts'
import { AppName } from '#core/names.ts'
import { Bytes, call, limitTo, Nothing, pageOf, Reason, Time } from './call.ts'
import { EventCriteria, filterOf } from './event-filter.ts'

const Query = EventCriteria.extend({
  app: AppName,
  limit: limitTo(500),
  cursor: z
    .string()
    .refine(id => mailboxOf(id) !== undefined, { error: 'must be the `next` of an earlier answer' })
    .optional(),
})

const Attempt = z.object({
  n: z.int(),
  at: Time,
  ms: z.number().optional(),
  status: z.int().optional(),
  fault: z.string().optional(),
})

const Event = z
  .object({
    id: z.string(),
    app: z.string(),
    source: z.string(),
    region: z.string(),
    state: z.enum(eventStates),
    receivedAt: Time,
    size: z.int(),
    orderKey: z.string().optional(),
    attempts: z.array(Attempt),
    nextAttemptAt: Time.optional(),
    fault: z.string().optional(),
  })
  .meta({ id: 'Event' })

/** `/admin/v1/events`: what was accepted, what became of it, sending it again, forgetting it, and reading what is stored of it. */
export const events = [
  call(
    {
      method: 'get',
      path: '/events',
      role: 'viewer',
      does: 'Lists the events of an app, newest first; never a payload.',
      query: Query,
      answers: { 200: pageOf(Event) },
    },
    async ({ query: { app, limit, cursor, ...criteria } }, ports) => {
      const page = { limit: limit + 1, ...(cursor && { before: cursor }) }
      const items = await ports.mailboxes.list(app, filterOf(criteria), page)
      if (items.length === 0 && (await ports.registry.find(app)).kind === 'unknown')
        throw new Fault('not-found', `no app ${app}`)
      const shown = items.slice(0, limit)
      return [200, { items: shown, next: items.length > limit ? (shown.at(-1)?.id ?? null) : null }]
    },
  ),
  call(
    {
      method: 'get',
      path: '/events/{id}/payload',
      role: 'operator',
      does: 'Reads what is stored of an event; that somebody did is recorded.',
      reason: 'optional',
      answers: { 200: Bytes },
    },
    async ({ params, operator, reason }, ports) => {
      const stored = await ports.mailboxes.open(params.id)
      if (!stored) throw noEvent(params.id)
      await ports.audit.record({ type: 'payload.read', ...about(operator, params.id, reason) })
      const type = stored.headers.find(([name]) => name === 'content-type')?.[1]
      return new Response(stored.body ?? (await ports.payloads.get(params.id)), {
        headers: {
          'content-type': 'application/octet-stream',
          'content-disposition': 'attachment',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          ...(type && { 'gatehouse-content-type': type }),
        },
      })
    },
  ),
  call(
    {
      method: 'get',
      path: '/events/{id}',
      role: 'viewer',
      does: 'Shows an event with its attempts.',
      answers: { 200: Event },
    },
    async ({ params }, ports) => {
      const event = await ports.mailboxes.show(params.id)
      if (!event) throw noEvent(params.id)
      return [200, event]
    },
  ),
  call(
    {
      method: 'delete',
      path: '/events/{id}',
      role: 'operator',
      does: 'Forgets an event.',
      reason: 'required',
      answers: { 204: Nothing },
    },
    async ({ params, operator, reason }, ports) => {
      await purgeOne(params.id, ports)
      await ports.audit.record({ type: 'payload.purged', ...about(operator, params.id, reason) })
      return [204, undefined]
    },
  ),
  call(
    {
      method: 'post',
      path: '/events/{id}/replay',
      role: 'operator',
      does: 'Sends an event again.',
      body: Reason,
      answers: { 202: Event },
    },
    async ({ params, operator, body: { reason } }, ports) => {
      const event = await ports.mailboxes.replay(params.id)
      if (!event) throw noEvent(params.id)
      await ports.audit.record({ type: 'replay.event', ...about(operator, params.id, reason) })
      return [202, event]
    },
  ),
]

function noEvent(id: string): Fault {
  return new Fault('not-found', `no event ${id}`)
}

/** Who did something to an event, for the audit chain of its app. */
function about({ subject }: Operator, eventId: string, reason: string | undefined) {
  const app = mailboxOf(eventId)?.app ?? ''
  return { actor: subject, app, facts: { eventId }, ...(reason !== undefined && { reason }) }
}
