import type { DeadLetter } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import type { FaultCode } from '#core/fault.ts'
import { type EventRow, eventColumns } from './tables.ts'
import { rowOf } from './views.ts'

/** A letter that nobody has confirmed is announced again after 1 min, 2 min, 4 min … at most 1 h. */
const againAfterMs = 60_000
const againAtMostMs = 3_600_000
/** Letters announced in one go; the rest follow at the next alarm, which is due at once. */
const atOnce = 100

/**
 * The dead letters to announce now, each put off to when it is announced again: a queue that took a
 * message may still lose it, so only the archive's confirmation ends this.
 */
export function lettersDue(sql: SqlStorage, nowMs: number): DeadLetter[] {
  const rows = sql
    .exec<EventRow & { announced: number }>(
      `SELECT ${eventColumns}, announced FROM events WHERE state = 'dead' AND due_at IS NOT NULL AND due_at <= ?
       ORDER BY due_at LIMIT ${atOnce}`,
      nowMs,
    )
    .toArray()
  return rows.map(row => {
    const waitMs = Math.min(againAtMostMs, againAfterMs * 2 ** row.announced)
    sql.exec('UPDATE events SET due_at = ?, announced = announced + 1 WHERE seq = ?', nowMs + waitMs, row.seq)
    return letterOf(sql, row)
  })
}

/** The archive has it. @returns the event if this was news */
export function buried(sql: SqlStorage, eventId: string): EventRow | undefined {
  const row = rowOf(sql, eventId)
  if (row?.state !== 'dead' || row.due_at === null) return undefined
  sql.exec('UPDATE events SET due_at = NULL WHERE seq = ?', row.seq)
  return row
}

function letterOf(sql: SqlStorage, row: EventRow): DeadLetter {
  const { first, last } = sql
    .exec<{ first: number | null; last: number | null }>(
      'SELECT MIN(at) AS first, MAX(at) AS last FROM attempts WHERE seq = ?',
      row.seq,
    )
    .one()
  return {
    app: mailboxOf(row.id)?.app ?? '',
    source: row.source,
    eventId: row.id,
    reason: row.fault as FaultCode,
    attempts: row.attempts,
    firstAt: new Date(first ?? row.received_at).toISOString(),
    lastAt: new Date(last ?? row.received_at).toISOString(),
  }
}
