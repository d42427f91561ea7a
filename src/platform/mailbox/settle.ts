import type { Settlement } from '#core/delivery/event.ts'
import { type Decision, decide } from '#core/delivery/schedule.ts'
import type { Sources } from './sources.ts'
import { type EventRow, eventColumns } from './tables.ts'

export interface Settled {
  readonly source: string
  readonly dueAtMs?: number
}

/**
 * Records what became of an attempt and decides what follows. A report that comes after its lease ended
 * no longer decides anything, unless it says that the event was delivered: that always counts.
 *
 * @returns the event's source, whose slot came free, and when the event is due again; `undefined` when nothing changed
 */
export function settle(sql: SqlStorage, sources: Sources, settlement: Settlement, nowMs: number): Settled | undefined {
  const { eventId, attempt, outcome } = settlement
  const row = sql.exec<EventRow>(`SELECT ${eventColumns} FROM events WHERE id = ?`, eventId).toArray()[0]
  if (!row) return undefined
  if (settlement.terms) sources.learn(row.source, settlement.terms)
  const decision = decide(
    outcome,
    sources.termsOf(row.source).retry,
    { tries: row.tries, sinceMs: row.since, nowMs },
    Math.random(),
  )
  const isCurrent = row.state === 'delivering' && row.attempts === attempt
  const isLateSuccess = decision.kind === 'delivered' && row.state !== 'delivered'
  if (!isCurrent && !isLateSuccess) return undefined

  if (outcome.kind === 'held') {
    sql.exec('UPDATE events SET attempts = attempts - 1, tries = tries - 1 WHERE seq = ?', row.seq)
  } else {
    const status = outcome.kind === 'answered' ? outcome.status : null
    const fault = outcome.kind === 'failed' ? outcome.fault : null
    const at = isCurrent ? (row.leased_at ?? nowMs) : nowMs - outcome.ms
    sql.exec(
      'INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?)',
      row.seq,
      attempt,
      at,
      outcome.ms,
      status,
      fault,
    )
  }
  apply(sql, row, decision, nowMs)
  return { source: row.source, ...(decision.kind === 'again' && { dueAtMs: decision.dueAtMs }) }
}

/**
 * Ends leases that nobody reported on: the courier, or the process, was lost. The event is due at once,
 * with the same id; how often that happens is counted, since the app may have seen it already.
 *
 * @returns how many there were, by source
 */
export function reap(sql: SqlStorage, nowMs: number): Map<string, number> {
  const lost = sql
    .exec<EventRow>(`SELECT ${eventColumns} FROM events WHERE state = 'delivering' AND due_at <= ?`, nowMs)
    .toArray()
  const counted = new Map<string, number>()
  for (const row of lost) {
    sql.exec(
      `INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, NULL, NULL, 'outcome-unknown')`,
      row.seq,
      row.attempts,
      row.leased_at,
    )
    sql.exec(`UPDATE events SET state = 'waiting', due_at = ?, leased_at = NULL WHERE seq = ?`, nowMs, row.seq)
    counted.set(row.source, (counted.get(row.source) ?? 0) + 1)
  }
  return counted
}

function apply(sql: SqlStorage, { seq }: EventRow, decision: Decision, nowMs: number): void {
  if (decision.kind === 'delivered') {
    sql.exec(`UPDATE events SET state = 'delivered', due_at = NULL, leased_at = NULL, fault = NULL WHERE seq = ?`, seq)
    sql.exec('DELETE FROM burials WHERE seq = ?', seq)
  } else if (decision.kind === 'again') {
    sql.exec(
      `UPDATE events SET state = 'waiting', due_at = ?, leased_at = NULL, fault = ? WHERE seq = ?`,
      decision.dueAtMs,
      decision.fault,
      seq,
    )
  } else {
    sql.exec(
      `UPDATE events SET state = 'dead', due_at = NULL, leased_at = NULL, fault = ? WHERE seq = ?`,
      decision.fault,
      seq,
    )
    sql.exec('INSERT OR REPLACE INTO burials (seq, due_at) VALUES (?, ?)', seq, nowMs)
  }
}
