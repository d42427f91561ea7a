import * as z from 'zod'
import { AppName } from '#core/names.ts'
import { call, limitTo, pageOf, Time } from './call.ts'

const Query = z.strictObject({
  app: AppName.optional(),
  limit: limitTo(500),
  cursor: z.coerce.number().int().min(1).optional(),
})

/** A CloudEvent 1.0 with its place in the chain. */
const AuditRecord = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string(),
    source: z.string(),
    type: z.string(),
    subject: z.string(),
    time: Time,
    datacontenttype: z.literal('application/json'),
    auditseq: z.int(),
    prevhash: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditRecord' })

/** `/admin/v1/audit`: who did what to an app or, without one, to the fleet; and whether the record is whole. */
export const audit = [
  call(
    {
      method: 'get',
      path: '/audit',
      role: 'viewer',
      does: 'Lists who did what to an app, newest first; without one, to the fleet.',
      query: Query,
      answers: { 200: pageOf(AuditRecord) },
    },
    async ({ query: { app, limit, cursor } }, ports) => {
      const items = await ports.audit.list(app, { limit, ...(cursor && { before: cursor }) })
      const last = items.at(-1)?.auditseq ?? 1
      return [200, { items, next: last > 1 ? String(last) : null }]
    },
  ),
  call(
    {
      method: 'get',
      path: '/audit/verify',
      role: 'viewer',
      does: 'Follows the chain of records from its start.',
      query: Query.pick({ app: true }),
      answers: { 200: z.object({ ok: z.boolean(), records: z.int(), brokenAt: z.int().optional() }) },
    },
    async ({ query }, ports) => [200, await ports.audit.verify(query.app)],
  ),
]
