import * as z from 'zod'
import { call, limitTo, pageOf, Time } from './call.ts'

const Query = z.strictObject({ limit: limitTo(500), cursor: z.coerce.number().int().min(1).optional() })
const Discovery = z.object({ app: z.string(), requests: z.int(), firstAt: Time, lastAt: Time })

/** `/admin/v1/discoveries`: apps that are called though nobody has published them, the one called last first. */
export const discoveries = [
  call(
    {
      method: 'get',
      path: '/discoveries',
      role: 'viewer',
      does: 'Lists apps that are called though nobody has published them, the one called last first.',
      query: Query,
      answers: { 200: pageOf(Discovery) },
    },
    async ({ query: { limit, cursor = 0 } }, ports) => {
      const all = await ports.discoveries.list()
      const next = cursor + limit
      return [200, { items: all.slice(cursor, next), next: next < all.length ? String(next) : null }]
    },
  ),
]
