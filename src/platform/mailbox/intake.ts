import type { Acceptance, IncomingEvent } from '#core/delivery/event.ts'
import { duplicateOf } from './claims.ts'
import { isKeyBusy } from './order.ts'

/**
 * Keeps an event, or finds the one it duplicates. To be called in a transaction: nothing in here awaits, so
 * of a hundred copies that arrive at once one is accepted; and if a write fails, nothing is kept. Accepting
 * the same event id again is the same as once.
 *
 * @param nowMs when the event is due, by the mailbox's own clock: the receiver's may be ahead of it
 */
export function accept(sql: SqlStorage, event: IncomingEvent, nowMs: number): Acceptance {
  const { id, source, receivedAtMs, size, hops, claims, headers, body, orderKey, isDropped } = event
  if (sql.exec('SELECT 1 FROM events WHERE id = ?', id).toArray().length > 0) return { kind: 'accepted', eventId: id }
  const earlier = duplicateOf(sql, event)
  if (earlier) return earlier

  const { seq } = sql
    .exec<{ seq: number }>(
      `INSERT INTO events (id, source, state, received_at, size, hops, vendor_id, signed_digest, order_key, since, due_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
      id,
      source,
      isDropped ? 'dropped' : 'waiting',
      receivedAtMs,
      size,
      hops,
      claims.vendorId ?? null,
      claims.signedDigest ?? null,
      orderKey ?? null,
      receivedAtMs,
      isDropped || (orderKey !== undefined && isKeyBusy(sql, source, orderKey)) ? null : nowMs,
    )
    .one()
  sql.exec('INSERT INTO contents VALUES (?, ?, ?)', seq, JSON.stringify(headers), body ? exactBuffer(body) : null)
  return { kind: 'accepted', eventId: id }
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer
}
