import * as z from 'zod'
import { CheckState } from '#core/status/check.ts'
import { call, Time } from './call.ts'
import { Waiting, waiting } from './waiting.ts'

const Bad = z.array(z.object({ app: z.string(), reason: z.string() }))
const Missing = z.array(z.object({ app: z.string(), name: z.string() }))

const Status = z.object({
  checkedAt: Time.nullable().describe('when the registry was last gone through; null: not yet'),
  apps: z.int().describe('so many were looked at'),
  bad: Bad.describe('entries that cannot be used'),
  missingSecrets: Missing.describe('secrets that manifests name, and that are nowhere'),
  checking: z.object({ apps: z.int(), bad: Bad, missingSecrets: Missing }).describe('what this round found so far'),
  replicasBehind: z.array(z.string()).describe('replicas of the switchboard that lack a change; `board`: it is away'),
  waiting: z.array(Waiting).describe('what waits for an approver'),
})

/** `GET /admin/v1/status`: what `/readyz` does not tell strangers. */
export const status = [
  call(
    {
      method: 'get',
      path: '/status',
      role: 'viewer',
      does: 'Says what is wrong: bad entries, missing secrets, replicas behind, by the last background check.',
      answers: { 200: Status },
    },
    async (_, { checks, switchboard }) => {
      const [kept, replicasBehind, proposals] = await Promise.all([
        checks.read(),
        switchboard.behind().catch(() => ['board']),
        switchboard.proposals().catch(() => []),
      ])
      const { found, last } = CheckState.safeParse(kept).data ?? {}
      const { checkedAt = null, apps = 0, bad = [], missingSecrets = [] } = last ?? {}
      const checking = found ?? { apps: 0, bad: [], missingSecrets: [] }
      const answer = { checkedAt, apps, bad, missingSecrets, checking }
      return [200, { ...answer, replicasBehind: [...replicasBehind], waiting: proposals.map(waiting) }]
    },
  ),
]
