import type { Consignment, DeliveryTerms, Lent } from '#core/delivery/event.ts'
import type { Pressure } from '#core/delivery/pressure.ts'
import { gapsOf } from './order.ts'
import { type EventRow, eventColumns, lanes } from './tables.ts'
import { rowOf } from './views.ts'

/** How long past its time-out an attempt may take to report; after that its outcome is unknown. */
const graceMs = 30_000

export interface Leased {
  readonly consignments: readonly Consignment[]
  /** When their lease ends, in ms since 1970. */
  readonly untilMs: number
}

/**
 * Marks due events of a source `delivering`, as many as its concurrency and the app's pressure allow, and
 * returns them for the courier. Retries come first, within their budget; then first attempts; what is
 * left is for replays. Each event is under a lease: until it ends nobody else attempts it.
 */
export function lease(
  sql: SqlStorage,
  pressure: Pressure,
  source: string,
  terms: DeliveryTerms,
  nowMs: number,
): Leased {
  const untilMs = nowMs + terms.timeoutMs + graceMs
  const { attempts, retries } = pressure.allowance(source, terms, nowMs)
  let left = Math.min(attempts, freeSlots(sql, source, terms))
  const rows: EventRow[] = []
  for (const [lane, most] of [
    [lanes.retry, retries],
    [lanes.first, left],
    [lanes.replay, left],
  ] as const) {
    const found = due(sql, source, lane, nowMs, Math.min(left, most))
    left -= found.length
    rows.push(...found)
  }
  for (const { id: eventId, attempts, lane } of rows) {
    pressure.started(source, terms, { eventId, attempt: attempts + 1, isRetry: lane === lanes.retry, nowMs })
  }
  return { consignments: rows.map(row => leased(sql, row, nowMs, untilMs)), untilMs }
}

/**
 * Leaves the first attempt of an event that was just accepted to whoever brought it, unless the event has to
 * wait like any other: behind its key, its source's concurrency, or the app's pressure.
 *
 * @returns the attempt, and when its lease ends
 */
export function lend(
  sql: SqlStorage,
  pressure: Pressure,
  eventId: string,
  terms: DeliveryTerms,
  nowMs: number,
): { readonly lent: Lent; readonly untilMs: number } | undefined {
  const row = rowOf(sql, eventId)
  if (row?.state !== 'waiting' || row.due_at === null || row.attempts > 0) return undefined
  const { attempts } = pressure.allowance(row.source, terms, nowMs)
  if (attempts < 1 || freeSlots(sql, row.source, terms) < 1) return undefined
  pressure.started(row.source, terms, { eventId, attempt: 1, isRetry: false, nowMs })
  const untilMs = nowMs + terms.timeoutMs + graceMs
  const { attempt, gaps } = leased(sql, row, nowMs, untilMs)
  return { lent: { attempt, ...(gaps && { gaps }) }, untilMs }
}

function due(sql: SqlStorage, source: string, lane: number, nowMs: number, most: number): EventRow[] {
  if (most <= 0) return []
  return sql
    .exec<EventRow>(
      `SELECT ${eventColumns} FROM events WHERE source = ? AND state = 'waiting' AND lane = ? AND due_at <= ?
       ORDER BY due_at, seq LIMIT ?`,
      source,
      lane,
      nowMs,
      most,
    )
    .toArray()
}

/** Attempts of a source that its concurrency still allows. */
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
  const gaps = row.order_key === null ? [] : gapsOf(sql, row.source, row.order_key).filter(id => id !== row.id)
  return {
    eventId: row.id,
    source: row.source,
    attempt: row.attempts + 1,
    receivedAtMs: row.received_at,
    headers: JSON.parse(headers),
    ...(body && { body: new Uint8Array(body) }),
    hops: row.hops,
    ...(gaps.length > 0 && { gaps }),
    ...(row.is_late && { isLate: true as const }),
  }
}
