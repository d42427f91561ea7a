import * as z from 'zod'
import { fleetStanding, putFleetInForce } from '#core/fleet/publish.ts'
import { call } from './call.ts'
import { jsonIn } from './input.ts'

const Put = z.strictObject({
  documents: z.array(z.unknown()).max(300).describe('rules and values, in any order'),
  signature: z.string().max(4096).optional().describe('of an approver, where entries must be signed'),
})

/** `/admin/v1/fleet`: the operator's rules over manifests and requests. */
export const fleet = [
  call(
    {
      method: 'get',
      path: '/fleet',
      role: 'viewer',
      does: 'Shows the fleet rules in force, and their values.',
      answers: {
        200: z.object({
          digest: z.string().nullable(),
          documents: z.array(z.unknown()),
          fault: z.string().optional().describe('why what is stored cannot be used'),
          environment: z.string(),
          nextSequence: z.int().describe('which the next rules get; an approver signs it with them'),
        }),
      },
    },
    async (_, ports) => {
      const { stored, ...standing } = await fleetStanding(ports)
      const { environment } = ports.settings
      return [200, { digest: stored?.digest ?? null, documents: stored?.rules ?? [], environment, ...standing }]
    },
  ),
  call(
    {
      method: 'put',
      path: '/fleet',
      role: 'operator',
      does: 'Puts fleet rules and values in force in the place of all that are.',
      text: { maxCharacters: 1_048_576, types: { 'application/json': Put } },
      reason: 'required',
      answers: {
        200: z.object({
          change: z.enum(['changed', 'unchanged']),
          digest: z.string(),
          sequence: z.int(),
          rules: z.int(),
          lacking: z.array(z.string()).describe('replicas of the switchboard that have not confirmed yet'),
        }),
      },
    },
    async ({ operator, reason, text }, ports) => {
      const { documents, signature } = jsonIn(text, Put)
      const published = await putFleetInForce(documents, { publishedBy: operator.subject, signature }, ports)
      const { change, digest, sequence, rules } = published
      const facts = { change, digest, sequence, rules }
      await ports.audit.record({ type: 'policy.published', actor: operator.subject, reason, facts })
      return [200, published]
    },
  ),
]
