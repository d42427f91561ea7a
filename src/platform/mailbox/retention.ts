import { mailboxOf } from '#core/delivery/event-id.ts'
import type { EventRow } from './tables.ts'

/** How long an event that has ended is kept: 14 days, which is also the longest dedupe window a manifest may ask for. */
export const retentionMs = 1_209_600_000
/** Events purged in one go; the rest follow at the next alarm, which is due at once. */
const atOnce = 500

/**
 * Forgets events that ended and whose retention is over, with their bytes and attempts.
 *
 * @returns the ids of those whose body lies in the payload store
 */
export function purge(sql: SqlStorage, nowMs: number): string[] {
  const over = sql
    .exec<Pick<EventRow, 'seq' | 'id'> & { is_large: number }>(
      `SELECT seq, id, body IS NULL AS is_large FROM events JOIN contents USING (seq)
       WHERE received_at <= ? AND state IN ('delivered', 'dead', 'dropped') ORDER BY seq LIMIT ${atOnce}`,
      nowMs - retentionMs,
    )
    .toArray()
  for (const { seq } of over) {
    for (const table of ['events', 'contents', 'attempts', 'burials'])
      sql.exec(`DELETE FROM ${table} WHERE seq = ?`, seq)
  }
  return over.filter(({ id, is_large }) => is_large && mailboxOf(id)).map(({ id }) => id)
}

/** When the oldest event that has ended may be forgotten; `undefined` when none has. */
export function nextPurgeMs(sql: SqlStorage): number | undefined {
  const oldest = sql
    .exec<{ received_at: number }>(
      `SELECT received_at FROM events WHERE state IN ('delivered', 'dead', 'dropped') ORDER BY seq LIMIT 1`,
    )
    .toArray()[0]
  return oldest && oldest.received_at + retentionMs
}
