import type { ExplainedVerdict } from '#core/explain/explain.ts'
import type { Decider } from '#core/explain/origin.ts'
import type { Outcome } from '#core/explain/outcome.ts'
import { admin } from './admin.ts'
import { apiApp } from './api-app.ts'
import { declared, issuerAt } from './issuer.ts'

type Row = ExplainedVerdict & Decider

/** An explanation as the admin API gives it. */
export interface Explained extends Outcome {
  readonly stages: readonly { readonly stage: string; readonly policies: readonly Row[] }[]
}

/** Asks as an author of every team. */
export async function explained(question: unknown): Promise<Explained> {
  const response = await admin('explain', { body: question, roles: ['author', 'operator'] })
  return response.json<Explained>()
}

const rows = ({ stages }: Explained) => stages.flatMap(({ policies }) => policies)

export function verdicts(answer: Explained) {
  return Object.fromEntries(rows(answer).map(({ policy, verdict }) => [policy, verdict]))
}

export function rowOf(answer: Explained, policy: string): Row | undefined {
  return rows(answer).find(row => row.policy === policy)
}

export const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }

/** An API with about everything that a route can ask for. */
export async function strictApi(name: string) {
  const issuer = await issuerAt(name)
  const seen = await apiApp(name, {
    routes: [
      { path: '/open', methods: ['GET'], auth: 'none' },
      { path: '/v1/places', methods: ['GET'], scopes: ['places:read'] },
      { path: '/v1/orders', methods: ['POST'], scopes: ['orders:write'], idempotency: 'required', schema },
      { path: '/v1/admin', methods: ['GET'], scopes: ['admin'] },
    ],
    api: { issuers: [declared(issuer)], cors: { origins: ['https://portal.example.com'] } },
    spec: {
      limits: { rate: [{ name: 'burst', limit: 1_000, windowSeconds: 60 }], concurrency: 5, bodyBytes: 4_096 },
      masking: { request: { entities: ['EMAIL'], action: 'redact' } },
    },
  })
  return { issuer, seen }
}
