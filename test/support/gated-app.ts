import { runDurableObjectAlarm } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import type { EventView } from '#core/delivery/event.ts'
import { homeMailbox, mailboxName } from '#core/delivery/event-id.ts'
import { utf8Bytes } from '#core/encoding.ts'
import { Secret } from '#core/secrets/secret.ts'
import type { Scheme } from '#core/webhook/scheme.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { signAs } from '#core/webhook/sign.ts'
import type { Env } from '#platform/env.ts'
import { durableMailboxes } from '#platform/mailboxes.ts'
import { publish } from './publish.ts'
import { eventually, moveTimeTo } from './time.ts'
import { appAt, type Seen } from './upstream.ts'

/** What the vendor of every source here signs with. */
export const vendorSecret = `whsec_${btoa('thirty-two bytes of the vendor..')}`

/** The mailboxes of the gateway under test, past its doors. */
export const mailboxes = durableMailboxes(env as unknown as Env)

export interface Setup {
  /** Merged over the one source `shop`. */
  readonly source?: Readonly<Record<string, unknown>>
  readonly moreSources?: Readonly<Record<string, unknown>>
  readonly spec?: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly answer?: (seen: Seen) => Response | Promise<Response>
}

/** Puts an app behind the gate: source `shop` (Standard Webhooks), and an upstream `https://<name>.example.com`. */
export async function gatedApp(name: string, setup: Setup = {}): Promise<readonly Seen[]> {
  await publish({
    name,
    webhooks: { shop: source(setup.source), ...setup.moreSources },
    secrets: { vendor: vendorSecret, ...setup.secrets },
    spec: { upstreams: [{ name: 'stable', url: `https://${name}.example.com` }], ...setup.spec },
  })
  return appAt(`${name}.example.com`, setup.answer)
}

/** A source as the tests mostly want it. */
export function source(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { scheme: 'standard-webhooks', secrets: ['vendor'], path: '/in', ...over }
}

export interface Push {
  readonly source?: string
  readonly scheme?: Scheme
  readonly id?: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly secret?: string
  /** Over the vendor's own headers. */
  readonly headers?: Readonly<Record<string, string>>
  readonly timestampSeconds?: number
}

/** Sends a webhook the way the vendor does: signed over the exact bytes, now. */
export async function push(app: string, request: Push = {}): Promise<Response> {
  const { body = '{"n":1}' } = request
  const headers = { 'content-type': 'application/json', ...(await signature(request)), ...request.headers }
  return exports.default.fetch(hookUrl(app, request.source), { method: 'POST', headers, body })
}

/** The headers with which the vendor signs. */
export function signature(request: Push): Promise<Record<string, string>> {
  const { scheme = schemes['standard-webhooks'], id = crypto.randomUUID(), body = '{"n":1}' } = request
  const bytes = typeof body === 'string' ? utf8Bytes(body) : body
  const timestampSeconds = request.timestampSeconds ?? Math.floor(Date.now() / 1000)
  return signAs(scheme, bytes, { id, timestampSeconds }, [new Secret('vendor', request.secret ?? vendorSecret)])
}

export function hookUrl(app: string, sourceName = 'shop'): string {
  return `http://gate.example/hooks/${app}/${sourceName}`
}

/** Sends a webhook that must be accepted, and returns its event id. */
export async function accepted(app: string, request: Push = {}): Promise<string> {
  const response = await push(app, request)
  const { eventId } = await response.json<{ eventId: string }>()
  if (response.status !== 202)
    throw new Error(`not accepted: ${response.status} ${response.headers.get('gatehouse-fault')}`)
  return eventId
}

/** The event, once it has come to a state. */
export function eventIn(state: EventView['state'], eventId: string): Promise<EventView> {
  return eventually(async () => {
    const event = await mailboxes.show(eventId)
    if (event?.state !== state) throw new Error(`${eventId} is ${event?.state}, not ${state}: ${event?.fault}`)
    return event
  })
}

/** Moves the clock to the moment at which a waiting event is due again, and lets the mailbox's alarm go off. */
export async function comeToNextAttempt({ app, nextAttemptAt = '' }: EventView): Promise<void> {
  moveTimeTo(Math.max(Date.now(), Date.parse(nextAttemptAt)))
  await runDurableObjectAlarm(mailboxStub(app))
}

/** The event once it has ended; until then the clock is moved to each of its next attempts. */
export function ended(eventId: string): Promise<EventView> {
  return eventually(async () => {
    const event = await mailboxes.show(eventId)
    if (event?.state === 'delivered' || event?.state === 'dead') return event
    if (event?.nextAttemptAt) await comeToNextAttempt(event)
    throw new Error(`${eventId} is ${event?.state} after ${event?.attempts.length} attempts`)
  })
}

/** The one mailbox of an app. */
export function mailboxStub(app: string) {
  return env.MAILBOX.getByName(mailboxName(homeMailbox(app)))
}
