import { Hono } from 'hono'
import * as z from 'zod'
import { AppName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { admitted, parsed } from './gate.ts'

const Query = z.strictObject({
  app: AppName.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.coerce.number().int().min(1).optional(),
})

/** `/admin/v1/audit`: who did what to an app or, without one, to the fleet; and whether the record is whole. */
export const audit = (ports: Ports) =>
  new Hono()
    .get('/', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const { app, limit, cursor } = parsed(Query, context.req.query())
      const items = await ports.audit.list(app, { limit, ...(cursor && { before: cursor }) })
      const last = items.at(-1)?.auditseq ?? 1
      return context.json({ items, next: last > 1 ? String(last) : null })
    })

    .get('/verify', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const { app } = parsed(Query.pick({ app: true }), context.req.query())
      return context.json(await ports.audit.verify(app))
    })
