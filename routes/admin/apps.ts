import { Hono } from 'hono'
import * as z from 'zod'
import type { Ports } from '#core/ports.ts'
import { entryOf, statusOf } from './app-status.ts'
import { admitted, jsonFrom, parsed } from './gate.ts'
import { PurgeOrder, purge } from './purge.ts'

const Query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(1024).optional(),
})

/** `/admin/v1/apps`: which apps there are, how one stands, and forgetting what it was sent. */
export const apps = (ports: Ports) =>
  new Hono()
    .get('/', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const { limit, cursor } = parsed(Query, context.req.query())
      const page = await ports.registryStore.apps({ limit, ...(cursor && { cursor }) })
      const items = await Promise.all(
        page.apps.map(async app => {
          const lookup = await ports.registry.find(app)
          return lookup.kind === 'found' ? statusOf(lookup.entry, ports) : { app, fault: 'entry-invalid' }
        }),
      )
      return context.json({ items, next: page.cursor ?? null })
    })
    .get('/:app', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      return context.json(await statusOf(await entryOf(context, ports), ports))
    })
    .post('/:app/purge', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const { app } = await entryOf(context, ports)
      const order = parsed(PurgeOrder, await jsonFrom(context.req.raw))
      const result = await purge(app, order, ports)
      const { source, reason } = order
      const facts = { ...(source !== undefined && { source }), ...result }
      await ports.audit.record({ type: 'app.purged', actor: operator.subject, app, reason, facts })
      return context.json(result)
    })
