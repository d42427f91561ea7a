import { Hono } from 'hono'
import * as z from 'zod'
import type { Ports } from '#core/ports.ts'
import { admitted, parsed } from './gate.ts'

const Query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.coerce.number().int().min(1).optional(),
})

/** `/admin/v1/discoveries`: apps that are called though nobody has published them, the one called last first. */
export const discoveries = (ports: Ports) =>
  new Hono().get('/', async context => {
    await admitted(context.req.raw, 'viewer', ports)
    const { limit, cursor = 0 } = parsed(Query, context.req.query())
    const all = await ports.discoveries.list()
    const next = cursor + limit
    return context.json({ items: all.slice(cursor, next), next: next < all.length ? String(next) : null })
  })
