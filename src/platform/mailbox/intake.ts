import type { Acceptance, IncomingEvent } from '#core/delivery/event.ts'
import { duplicateOf } from './claims.ts'
import { isKeyBusy, turnOf } from './order.ts'

/**
 * Keeps an event, or finds the one it duplicates. To be called in a transaction: nothing in here awaits, so
 * of a hundred copies that arrive at once one is accepted; and if a write fails, nothing is kept. Accepting
 * the same event id again is the same as once; and one that was forgotten on its way here is not kept.
 *
 * @param nowMs when the event is due, by the mailbox's own clock: the receiver's may be ahead of it
 */
export function accept(sql: SqlStorage, event: IncomingEvent, nowMs: number): Acceptance {
  const { id, source, receivedAtMs, size, hops, claims, headers, body, orderKey, isDropped, isHandedOver } = event
  for (const table of ['events', 'forgotten'])
    if (sql.exec(`SELECT 1 FROM ${table} WHERE id = ?`, id).toArray().length > 0)
      return { kind: 'accepted', eventId: id }
  const earlier = duplicateOf(sql, event)
  if (earlier) return earlier

  const atOnce = { dueAtMs: nowMs, turn: null, isLate: false }
  const behind = { ...atOnce, dueAtMs: null }
  const { dueAtMs, turn, isLate } = isDropped
    ? behind
    : orderKey === undefined
      ? atOnce
      : isHandedOver
        ? turnOf(sql, source, orderKey, receivedAtMs, nowMs)
        : isKeyBusy(sql, source, orderKey)
          ? behind
          : atOnce
  const { seq } = sql
    .exec<{ seq: number }>(
      `INSERT INTO events (id, source, state, received_at, size, hops, vendor_id, signed_digest, order_key, turn, is_late, since, due_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
      id,
      source,
      isDropped ? 'dropped' : 'waiting',
      receivedAtMs,
      size,
      hops,
      claims.vendorId ?? null,
      claims.signedDigest ?? null,
      orderKey ?? null,
      turn,
      isLate ? 1 : 0,
      receivedAtMs,
      dueAtMs,
    )
    .one()
  sql.exec('INSERT INTO contents VALUES (?, ?, ?)', seq, JSON.stringify(headers), body ? exactBuffer(body) : null)
  return { kind: 'accepted', eventId: id }
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer
}
