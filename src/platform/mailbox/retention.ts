import type { Sources } from './sources.ts'
import type { EventRow } from './tables.ts'

/** How long an event that has ended is kept unless its source says otherwise. */
const defaultDays = 14
const dayMs = 86_400_000
/** Events purged in one go; the rest follow at the next alarm, which is due at once. */
const atOnce = 500

/**
 * Forgets events that ended and whose retention, counted from their receipt, is over. A dead one stays until the
 * archive has confirmed it, however long that takes: until then its bytes lie nowhere else.
 *
 * @returns the ids of those whose body lies in the payload store
 */
export function purge(sql: SqlStorage, sources: Sources, nowMs: number): string[] {
  return sources.all().flatMap(([source, { retentionDays }]) => {
    const over = sql
      .exec<Pick<EventRow, 'seq' | 'id'>>(
        `SELECT seq, id FROM events WHERE source = ? AND received_at <= ? AND state IN ('delivered', 'dead', 'dropped')
           AND due_at IS NULL ORDER BY received_at LIMIT ${atOnce}`,
        source,
        nowMs - retentionMs(retentionDays),
      )
      .toArray()
    return forget(sql, over)
  })
}

/**
 * Removes every trace of events from the mailbox.
 *
 * @returns the ids of those whose body lies in the payload store
 */
export function forget(sql: SqlStorage, events: readonly Pick<EventRow, 'seq' | 'id'>[]): string[] {
  const isLarge = ({ seq }: { seq: number }) =>
    sql.exec('SELECT 1 FROM contents WHERE seq = ? AND body IS NULL', seq).toArray().length > 0
  const large = events.filter(isLarge).map(({ id }) => id)
  for (const { seq, id } of events) {
    for (const table of ['events', 'contents', 'attempts']) sql.exec(`DELETE FROM ${table} WHERE seq = ?`, seq)
    for (const table of ['gaps', 'aliases']) sql.exec(`DELETE FROM ${table} WHERE event_id = ?`, id)
  }
  return large
}

/** Sees to it that events which others held are not taken when they come after all, for as long as a hand-over may be under way. */
export function refuseLater(sql: SqlStorage, eventIds: readonly string[], nowMs: number): void {
  sql.exec('DELETE FROM forgotten WHERE at < ?', nowMs - dayMs)
  for (const id of eventIds) sql.exec('INSERT OR REPLACE INTO forgotten VALUES (?, ?)', id, nowMs)
}

/** When the oldest event that has ended may be forgotten; `undefined` when none has. */
export function nextPurgeMs(sql: SqlStorage, sources: Sources): number | undefined {
  const ends = sources.all().flatMap(([source, { retentionDays }]) => {
    const query = `SELECT MIN(received_at) AS at FROM events WHERE source = ? AND state IN ('delivered', 'dead', 'dropped') AND due_at IS NULL`
    const { at } = sql.exec<{ at: number | null }>(query, source).one()
    return at === null ? [] : [at + retentionMs(retentionDays)]
  })
  return ends.length > 0 ? Math.min(...ends) : undefined
}

function retentionMs(days: number | undefined): number {
  return (days ?? defaultDays) * dayMs
}
