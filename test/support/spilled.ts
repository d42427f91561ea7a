import { env } from 'cloudflare:workers'
import type { Acceptance } from '#core/delivery/event.ts'
import { keep } from '#core/delivery/keep.ts'
import type { Draft, Spread } from '#core/delivery/placement.ts'
import { keys } from '#core/keys.ts'
import type { Ports } from '#core/ports.ts'
import type { Env } from '#platform/env.ts'
import { r2Payloads } from '#platform/payloads-r2.ts'
import { bucketsOf } from '#platform/places.ts'
import { r2Spills } from '#platform/spills-r2.ts'
import { spills } from '#routes/spills.ts'
import { mailboxes } from './gated-app.ts'
import { incoming, terms } from './mailbox.ts'
import { recordingPorts } from './ports.ts'

const bindings = env as unknown as Env
/** Their messages come only when a test brings them. */
const durable = r2Spills({ ...bindings, SPILL: { send: async () => {} } } as unknown as Env, true)
const payloads = r2Payloads(bucketsOf(bindings))

/** The ports of the door where queues outlive the process. */
export function spillPorts(given: Partial<Ports> = {}) {
  return recordingPorts({ mailboxes, payloads, spills: durable, ...given })
}

/** Keeps an event as the door does where queues outlive the process. */
export function kept(app: string, given: Partial<Ports> = {}, change: Partial<Draft> = {}): Promise<Acceptance> {
  const { id: _, body = new Uint8Array(), ...facts } = incoming(app, { claims: { vendorId: 'evt_1' } })
  const spread: Spread = { region: 'any', app, shards: 1, isSettling: false }
  const draft = { ...facts, body, ...change } as Draft & { body: Uint8Array }
  return keep(draft, spread, () => terms, spillPorts(given).ports)
}

/** The queue brings the message of an event; says what became of it. */
export async function consumed(eventId: string, given: Partial<Ports> = {}): Promise<'acked' | 'retried'> {
  const ends: ('acked' | 'retried')[] = []
  const message = {
    body: { eventId, r2Key: keys.spill(eventId) },
    ack: () => void ends.push('acked'),
    retry: () => void ends.push('retried'),
  }
  await spills({ messages: [message] }, spillPorts(given).ports)
  return ends[0] ?? 'retried'
}
