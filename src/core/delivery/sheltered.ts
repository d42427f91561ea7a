import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import type { EventFilter, EventView, Glance, Held, IncomingEvent } from './event.ts'
import { mailboxOf, ulidOf } from './event-id.ts'

/** What is known of an event that its mailbox has not taken yet. */
export type ShelteredFacts = Pick<IncomingEvent, 'id' | 'source' | 'size' | 'receivedAtMs' | 'orderKey' | 'isDropped'>

/** The same with what makes two events one; the vendor's id as a digest, since it may be of any length. */
export interface SpilledFacts extends ShelteredFacts {
  readonly vendorDigest?: string
  readonly signedDigest?: string
}

export async function spilledFacts(event: IncomingEvent): Promise<SpilledFacts> {
  const { id, source, size, receivedAtMs, orderKey, isDropped, claims } = event
  const { vendorId, signedDigest } = claims
  return {
    ...{ id, source, size, receivedAtMs },
    ...(orderKey !== undefined && { orderKey }),
    ...(isDropped && { isDropped }),
    ...(vendorId !== undefined && { vendorDigest: await digestOf(vendorId) }),
    ...(signedDigest !== undefined && { signedDigest }),
  }
}

/** What spilled events mean for another that comes. */
export async function heldAmong(spilled: readonly SpilledFacts[], wanted: Glance): Promise<Held> {
  const { source, claims, orderKey, receivedAtMs, dedupeMs } = wanted
  const { vendorId, signedDigest } = claims
  const vendorDigest = vendorId === undefined ? undefined : await digestOf(vendorId)
  const ofSource = spilled.filter(facts => facts.source === source)
  const recent = ofSource.filter(facts => facts.receivedAtMs > receivedAtMs - dedupeMs)
  const byId = vendorDigest && recent.find(facts => facts.vendorDigest === vendorDigest)
  const found = byId || (signedDigest && recent.find(facts => facts.signedDigest === signedDigest))
  return {
    ...(found && { duplicate: { kind: 'duplicate', eventId: found.id, by: byId ? 'id' : 'bytes' } }),
    isKeyBusy: orderKey !== undefined && ofSource.some(facts => facts.orderKey === orderKey),
  }
}

const digestOf = (vendorId: string) => sha256Hex(utf8Bytes(vendorId))

/** Such an event as the admin API shows it: nobody has attempted it, and when somebody will is the mailbox's to say. */
export function shelteredView({ id, source, size, receivedAtMs, orderKey, isDropped }: ShelteredFacts): EventView {
  const { app = '', region = '' } = mailboxOf(id) ?? {}
  const receivedAt = new Date(receivedAtMs).toISOString()
  const key = orderKey === undefined ? {} : { orderKey }
  return { id, app, source, region, state: isDropped ? 'dropped' : 'waiting', receivedAt, size, ...key, attempts: [] }
}

/** Whether a view is of those that a filter asks for. */
export function matches(view: EventView, { source, state, fault, fromMs, toMs }: EventFilter): boolean {
  const receivedAtMs = Date.parse(view.receivedAt)
  return (
    (source === undefined || view.source === source) &&
    (state === undefined || view.state === state) &&
    (fault === undefined || view.fault === fault) &&
    (fromMs === undefined || receivedAtMs >= fromMs) &&
    (toMs === undefined || receivedAtMs < toMs)
  )
}

/**
 * Pages of several holders as one, newest first. An event may be with two of them while it is handed over:
 * the first that is given counts.
 */
export function merged(pages: readonly (readonly EventView[])[], limit: number): EventView[] {
  const byId = new Map<string, EventView>()
  for (const view of pages.flat()) if (!byId.has(view.id)) byId.set(view.id, view)
  return [...byId.values()].sort((one, other) => (ulidOf(one.id) < ulidOf(other.id) ? 1 : -1)).slice(0, limit)
}
