import type { DeliveryTerms } from '#core/delivery/event.ts'
import type { Pressure } from '#core/delivery/pressure.ts'
import { freeSlots } from './lease.ts'
import { nextNoticeMs } from './notices.ts'
import type { Pauses } from './pauses.ts'
import { nextTickMs } from './replays.ts'
import { nextPurgeMs } from './retention.ts'
import type { Sources } from './sources.ts'
import { lanes } from './tables.ts'

/** What the next wake-up depends on. */
export interface Mailbox {
  readonly sql: SqlStorage
  readonly sources: Sources
  readonly pauses: Pauses
  readonly pressure: Pressure
}

/**
 * When the mailbox has something to do next: an event falls due and may start, a lease ends, a dead letter
 * is announced again, the owner is told something, or a retention is over. `undefined`: never, so no alarm is set.
 */
export function nextWakeMs(mailbox: Mailbox, nowMs: number): number | undefined {
  const { sql, sources } = mailbox
  const starts = sources
    .all()
    .flatMap(([source, terms]) => [
      nextStartMs(mailbox, source, terms, nowMs),
      earliest(sql, `SELECT MIN(due_at) AS at FROM events WHERE source = ? AND state = 'delivering'`, source),
    ])
  const others = [
    earliest(sql, `SELECT MIN(due_at) AS at FROM events WHERE state = 'dead' AND due_at IS NOT NULL`),
    nextNoticeMs(sql),
    nextPurgeMs(sql, sources),
    nextTickMs(sql),
  ]
  const all = [...starts, ...others].filter(at => at !== undefined)
  return all.length > 0 ? Math.min(...all) : undefined
}

/** When an event of a source may start. With no slot free, or a probe under way, it is not time but the end of an attempt that starts the next one. */
export function nextStartMs(
  { sql, pauses, pressure }: Mailbox,
  source: string,
  terms: DeliveryTerms,
  nowMs: number,
): number | undefined {
  if (pauses.has(source) || freeSlots(sql, source, terms) <= 0) return undefined
  const allowedMs = pressure.earliestMs(source, terms, nowMs)
  if (allowedMs === undefined) return undefined
  const byLane = Object.values(lanes).flatMap(lane => {
    const query = `SELECT MIN(due_at) AS at FROM events WHERE source = ? AND state = 'waiting' AND lane = ?`
    const dueMs = earliest(sql, query, source, lane)
    if (dueMs === undefined) return []
    return [lane === lanes.retry ? Math.max(dueMs, pressure.earliestRetryMs(nowMs)) : dueMs]
  })
  return byLane.length > 0 ? Math.max(Math.min(...byLane), allowedMs) : undefined
}

function earliest(sql: SqlStorage, query: string, ...values: (string | number)[]): number | undefined {
  return sql.exec<{ at: number | null }>(query, ...values).one().at ?? undefined
}
