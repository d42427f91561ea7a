import type { Acceptance, Glance, Held, IdClaim } from '#core/delivery/event.ts'
import { isKeyBusy } from './order.ts'

/** Claims forgotten at once; each new one forgets some, so that none needs an alarm. */
const forgottenAtOnce = 100

type Wanted = Pick<Glance, 'source' | 'claims' | 'receivedAtMs' | 'dedupeMs'>

/** The event that another would be a duplicate of: one of this mailbox, or one whose vendor's id is kept here. */
export function duplicateOf(sql: SqlStorage, wanted: Wanted): (Acceptance & { kind: 'duplicate' }) | undefined {
  const { source, claims, receivedAtMs, dedupeMs } = wanted
  const find = (where: string, ...values: string[]) =>
    sql
      .exec<{ id: string }>(
        `SELECT id FROM events WHERE ${where} AND received_at > ? ORDER BY seq LIMIT 1`,
        ...values,
        receivedAtMs - dedupeMs,
      )
      .toArray()[0]?.id
  const byId =
    claims.vendorId === undefined
      ? undefined
      : (find('source = ? AND vendor_id = ?', source, claims.vendorId) ?? claimed(sql, wanted, claims.vendorId))
  if (byId) return { kind: 'duplicate', eventId: byId, by: 'id' }
  const byBytes = claims.signedDigest === undefined ? undefined : find('signed_digest = ?', claims.signedDigest)
  return byBytes ? { kind: 'duplicate', eventId: byBytes, by: 'bytes' } : undefined
}

/** What this mailbox knows of an event whose home is now another. */
export function glance(sql: SqlStorage, wanted: Glance): Held {
  const duplicate = duplicateOf(sql, wanted)
  const { source, orderKey } = wanted
  return { ...(duplicate && { duplicate }), isKeyBusy: orderKey !== undefined && isKeyBusy(sql, source, orderKey) }
}

/** Keeps a vendor's id for an event of another mailbox. @returns the event that has it already */
export function claim(sql: SqlStorage, wanted: IdClaim): string | undefined {
  const { source, vendorId, eventId, receivedAtMs, dedupeMs } = wanted
  const earlier = duplicateOf(sql, { source, claims: { vendorId }, receivedAtMs, dedupeMs })?.eventId
  if (earlier !== undefined) return earlier === eventId ? undefined : earlier
  const old = 'SELECT event_id FROM claims WHERE until_at < ? LIMIT ?'
  sql.exec(`DELETE FROM claims WHERE event_id IN (${old})`, receivedAtMs, forgottenAtOnce)
  sql.exec(
    'INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?)',
    source,
    vendorId,
    eventId,
    receivedAtMs,
    receivedAtMs + dedupeMs,
  )
  return undefined
}

/** The event of a claim was never kept. */
export function unclaim(sql: SqlStorage, eventId: string): void {
  sql.exec('DELETE FROM claims WHERE event_id = ?', eventId)
}

function claimed(sql: SqlStorage, { source, receivedAtMs, dedupeMs }: Wanted, vendorId: string): string | undefined {
  const query = 'SELECT event_id FROM claims WHERE source = ? AND vendor_id = ? AND received_at > ?'
  return sql.exec<{ event_id: string }>(query, source, vendorId, receivedAtMs - dedupeMs).toArray()[0]?.event_id
}
