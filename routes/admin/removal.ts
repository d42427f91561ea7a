import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { dependents } from '#core/manifest/dependents.ts'
import { entryOf } from './app-status.ts'
import { call } from './call.ts'

/** `DELETE /admin/v1/apps/{app}`. */
export const removal = [
  call(
    {
      method: 'delete',
      path: '/apps/{app}',
      role: 'operator',
      does: 'Takes an app out of the registry, and leaves it killed; refused while something depends on it.',
      query: z.strictObject({
        force: z.enum(['true', 'false']).optional().describe('also while something depends on it'),
      }),
      reason: 'required',
      answers: {
        200: z.object({
          app: z.string(),
          lacking: z.array(z.string()).describe('replicas of the switchboard that have not confirmed yet'),
        }),
      },
    },
    async ({ params, operator, reason, query: { force } }, ports) => {
      const entry = await entryOf(params.app, ports)
      const { app, digest } = entry
      const found = await dependents(entry, ports)
      if (found.length > 0 && force !== 'true') throw new Fault('app-in-use', `${app}: ${found.length}`, found)
      const at = ports.clock.now().toISOString()
      // killed first: whatever still remembers its entry, or puts its pointer back, opens nothing
      const turn = { standing: 'killed', reason, by: operator.subject, at } as const
      const { lacking } = await ports.switchboard.remove(app, turn)
      await ports.registryStore.remove(app)
      const facts = { digest, dependents: found.length, lacking }
      await ports.audit.record({ type: 'app.removed', actor: operator.subject, app, reason, facts })
      return [200, { app, lacking }]
    },
  ),
]
