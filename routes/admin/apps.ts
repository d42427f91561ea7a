import * as z from 'zod'
import { purge } from '#core/delivery/purge.ts'
import { AppStatus, entryOf, statusOf } from './app-status.ts'
import { call, limitTo, pageOf } from './call.ts'
import { PurgeOrder } from './purge.ts'

const Query = z.strictObject({ limit: limitTo(100), cursor: z.string().max(1024).optional() })
const Broken = z.object({ app: z.string(), fault: z.literal('entry-invalid') })

/** `/admin/v1/apps`: which apps there are, how one stands, and forgetting what it was sent. */
export const apps = [
  call(
    {
      method: 'get',
      path: '/apps',
      role: 'viewer',
      does: 'Lists the apps, and how each stands; to an author those of their teams, so that a page may be short.',
      isForEveryTeam: true,
      query: Query,
      answers: { 200: pageOf(z.union([AppStatus, Broken])) },
    },
    async ({ query: { limit, cursor }, isEverywhere, sees }, ports) => {
      const page = await ports.registryStore.apps({ limit, ...(cursor && { cursor }) })
      const items = await Promise.all(
        page.apps.map(async ({ app }) => {
          const lookup = await ports.registry.find(app)
          if (lookup.kind !== 'found') return isEverywhere ? [{ app, fault: 'entry-invalid' } as const] : []
          return sees(lookup.entry) ? [await statusOf(lookup.entry, ports)] : []
        }),
      )
      return [200, { items: items.flat(), next: page.cursor ?? null }]
    },
  ),
  call(
    {
      method: 'get',
      path: '/apps/{app}',
      role: 'viewer',
      does: 'Shows how an app stands.',
      answers: { 200: AppStatus },
    },
    async ({ params }, ports) => [200, await statusOf(await entryOf(params.app, ports), ports)],
  ),
  call(
    {
      method: 'post',
      path: '/apps/{app}/purge',
      role: 'operator',
      does: 'Forgets events of an app: all, those of a source, or those about one person.',
      body: PurgeOrder,
      answers: { 200: z.object({ purged: z.int(), next: z.string().nullable() }) },
    },
    async ({ params, body, operator }, ports) => {
      const { app } = await entryOf(params.app, ports)
      const result = await purge(app, body, ports)
      const { source, reason } = body
      const facts = { ...(source !== undefined && { source }), ...result }
      await ports.audit.record({ type: 'app.purged', actor: operator.subject, app, reason, facts })
      return [200, result]
    },
  ),
]
