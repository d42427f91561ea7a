import type { Consignment, DeliveryTerms } from '#core/delivery/event.ts'
import { type EventRow, eventColumns } from './tables.ts'

/** How long past its time-out an attempt may take to report; after that its outcome is unknown. */
const graceMs = 30_000

export interface Leased {
  readonly consignments: readonly Consignment[]
  /** When their lease ends, in ms since 1970. */
  readonly untilMs: number
}

/**
 * Marks as many due events of a source as its concurrency allows `delivering`, oldest due time first, and
 * returns them for the courier. Each is under a lease: until it ends nobody else attempts the event.
 */
export function lease(sql: SqlStorage, source: string, terms: DeliveryTerms, nowMs: number): Leased {
  const untilMs = nowMs + terms.timeoutMs + graceMs
  const free = freeSlots(sql, source, terms)
  if (free <= 0) return { consignments: [], untilMs }
  const due = sql
    .exec<EventRow>(
      `SELECT ${eventColumns} FROM events WHERE source = ? AND state = 'waiting' AND due_at <= ? ORDER BY due_at, seq LIMIT ?`,
      source,
      nowMs,
      free,
    )
    .toArray()
  return { consignments: due.map(row => leased(sql, row, nowMs, untilMs)), untilMs }
}

/** Attempts of a source that may start now. */
export function freeSlots(sql: SqlStorage, source: string, { concurrency }: DeliveryTerms): number {
  const { n } = sql
    .exec<{ n: number }>(`SELECT COUNT(*) AS n FROM events WHERE source = ? AND state = 'delivering'`, source)
    .one()
  return concurrency - n
}

function leased(sql: SqlStorage, row: EventRow, nowMs: number, untilMs: number): Consignment {
  sql.exec(
    `UPDATE events SET state = 'delivering', due_at = ?, leased_at = ?, attempts = attempts + 1, tries = tries + 1 WHERE seq = ?`,
    untilMs,
    nowMs,
    row.seq,
  )
  const { headers, body } = sql
    .exec<{ headers: string; body: ArrayBuffer | null }>('SELECT headers, body FROM contents WHERE seq = ?', row.seq)
    .one()
  return {
    eventId: row.id,
    source: row.source,
    attempt: row.attempts + 1,
    receivedAtMs: row.received_at,
    headers: JSON.parse(headers),
    ...(body && { body: new Uint8Array(body) }),
    hops: row.hops,
  }
}
