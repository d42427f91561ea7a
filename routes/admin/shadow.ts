import * as z from 'zod'
import { AppName } from '#core/names.ts'
import { shadowReport } from '#core/shadow/report.ts'
import { entryOf } from './app-status.ts'
import { call, pageOf, Time } from './call.ts'

const Found = z.object({
  door: z.string(),
  verdict: z.enum(['would-deny', 'would-drop', 'would-answer']),
  fault: z.string().optional(),
  field: z.string().optional().describe('What would have decided, e.g. spec.api.routes[2].schema'),
  count: z.int(),
  firstAt: Time,
  lastAt: Time,
  requestId: z.string().describe('One of the requests, as the log has it'),
})

const Setting = z.object({
  policy: z.string(),
  setting: z.string().describe('Where the mode stands'),
  to: z.string().optional().describe('The rule of the way out that is in shadow mode'),
  found: z.array(Found),
})

/** `GET /admin/v1/shadow`: what an app has in shadow mode, and what that has let pass. */
export const shadow = [
  call(
    {
      method: 'get',
      path: '/shadow',
      role: 'viewer',
      does: 'Lists what an app has in shadow mode, and what would have been denied, how often, since when.',
      query: z.strictObject({ app: AppName }),
      answers: { 200: pageOf(Setting) },
    },
    async ({ query: { app } }, ports) => {
      const { manifest } = await entryOf(app, ports)
      return [200, { items: shadowReport(manifest, await ports.shadows.list(app)), next: null }]
    },
  ),
]
