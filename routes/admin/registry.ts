import * as z from 'zod'
import { parsedFleet } from '#core/fleet/stored.ts'
import { call, limitTo, pageOf } from './call.ts'

const Listed = z.object({
  app: z.string(),
  digest: z.string().optional(),
  publishedAt: z.string().optional(),
  publishedBy: z.string().optional(),
  expiresAt: z.string().optional(),
  sequence: z.string().optional(),
  environment: z.string().optional(),
})

/** `/admin/v1/registry`: what storage says is in force, all of it and quickly, for comparing it with Git. */
export const registry = [
  call(
    {
      method: 'get',
      path: '/registry',
      role: 'viewer',
      does: 'Lists the apps of the registry with their digests and dates, as storage tells them in a list.',
      query: z.strictObject({ limit: limitTo(1000), cursor: z.string().max(1024).optional() }),
      answers: { 200: pageOf(Listed).extend({ fleet: z.string().nullable().describe('digest of the fleet rules') }) },
    },
    async ({ query: { limit, cursor } }, { registryStore }) => {
      const page = await registryStore.apps({ limit, ...(cursor && { cursor }) })
      const items = page.apps.map(({ app, about }) => ({ ...about, app }))
      // what cannot be used is as good as none: whoever compares finds it missing, and publishes it anew
      const fleet = parsedFleet(await registryStore.fleet().catch(() => undefined))?.digest ?? null
      return [200, { items, next: page.cursor ?? null, fleet }]
    },
  ),
]
