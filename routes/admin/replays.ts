import * as z from 'zod'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { Fault } from '#core/fault.ts'
import { AppName } from '#core/names.ts'
import { call, Why } from './call.ts'
import { EventCriteria, filterOf } from './event-filter.ts'

const Order = z.strictObject({
  app: AppName,
  filter: EventCriteria.default({}),
  dryRun: z.boolean().default(false),
  perSecond: z.int().min(1).max(500).default(10),
  skipSuperseded: z.boolean().default(false),
  reason: Why,
})

const Replay = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'cancelled']),
    matched: z.int(),
    sent: z.int(),
    skipped: z.int(),
    delivered: z.int(),
    dead: z.int(),
  })
  .meta({ id: 'Replay' })

/** `/admin/v1/replays`: sending many events again, at a rate of its own that live traffic outranks. */
export const replays = [
  call(
    {
      method: 'post',
      path: '/replays',
      role: 'operator',
      does: 'Counts the events that a filter chooses, or sends them again.',
      body: Order,
      answers: { 200: z.object({ matched: z.int() }), 202: Replay },
    },
    async ({ operator, body: { app, filter, dryRun, reason, ...pace } }, ports) => {
      if ((await ports.registry.find(app)).kind === 'unknown') throw new Fault('not-found', `no app ${app}`)
      const order = { ...pace, filter: filterOf(filter) }
      if (dryRun) return [200, { matched: await ports.mailboxes.countReplay(app, order) }]
      const replay = await ports.mailboxes.startReplay(app, order)
      const facts = { replay: replay.id, filter }
      await ports.audit.record({ type: 'replay.started', actor: operator.subject, app, reason, facts })
      return [202, replay]
    },
  ),
  call(
    {
      method: 'get',
      path: '/replays/{id}',
      role: 'viewer',
      does: 'Shows how a replay is getting on.',
      answers: { 200: Replay },
    },
    async ({ params: { id } }, ports) => {
      const replay = await ports.mailboxes.showReplay(id)
      if (!replay) throw new Fault('not-found', `no replay ${id}`)
      return [200, replay]
    },
  ),
  call(
    {
      method: 'delete',
      path: '/replays/{id}',
      role: 'operator',
      does: 'Cancels a replay.',
      reason: 'required',
      answers: { 200: Replay },
    },
    async ({ params: { id }, operator, reason }, ports) => {
      const replay = await ports.mailboxes.cancelReplay(id)
      if (!replay) throw new Fault('not-found', `no replay ${id}`)
      const about = { actor: operator.subject, app: mailboxOf(id)?.app ?? '', reason, facts: { replay: id } }
      await ports.audit.record({ type: 'replay.cancelled', ...about })
      return [200, replay]
    },
  ),
]
