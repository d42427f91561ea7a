import { exports } from 'cloudflare:workers'
import { publish } from './publish.ts'
import { appTokensOf } from './signing-keys.ts'

/** An app as the tests of the way out want it: its rules, and a token that lets it ask. */
export interface EgressSetup {
  readonly egress: readonly Readonly<Record<string, unknown>>[]
  readonly secrets?: Readonly<Record<string, string>>
  readonly spec?: Readonly<Record<string, unknown>>
}

/** Publishes an app with these ways out, and returns a token of its own. */
export async function egressApp(name: string, { egress, secrets = {}, spec = {} }: EgressSetup): Promise<string> {
  const webhooks = { shop: { scheme: 'standard-webhooks', secrets: ['vendor'], path: '/in' } }
  await publish({ name, webhooks, secrets, spec: { egress, ...spec } })
  return tokenOf(name)
}

/** A token as the gateway gives one to an app with each request. */
export function tokenOf(app: string): Promise<string> {
  return appTokensOf({ now: () => new Date() }).minted({ app, subject: 'webhook:shop', scopes: [] }, 300)
}

/** Goes out through the worker's own door, the token as bearer unless headers say otherwise; redirects are not followed here. */
export function goOut(token: string, place: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (token && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`)
  return exports.default.fetch(`http://gate.example/egress${place}`, { redirect: 'manual', ...init, headers })
}
