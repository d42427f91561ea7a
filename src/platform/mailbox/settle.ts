import type { Outcome, Settlement } from '#core/delivery/event.ts'
import { type Decision, decide } from '#core/delivery/schedule.ts'
import { clearGap, clearGaps, markGap, promote } from './order.ts'
import { countReplayed } from './replays.ts'
import type { Sources } from './sources.ts'
import { type EventRow, eventColumns, lanes } from './tables.ts'

/** What an attempt changed: the event as it stood before, and what was decided. */
export interface Settled {
  readonly row: EventRow
  readonly decision: Decision
  /** A later attempt that is still under way; nobody waits for its end any more. */
  readonly overtaken?: number
}

/**
 * Records what became of an attempt and decides what follows. A report that comes after its lease ended
 * no longer decides anything, unless it says that the event was delivered: that always counts.
 *
 * @returns what it changed; `undefined` when that is nothing
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
  if (!isCurrent && !isLateSuccess) {
    complete(sql, row, attempt, outcome)
    return undefined
  }

  if (outcome.kind === 'held') {
    sql.exec('UPDATE events SET attempts = attempts - 1, tries = tries - 1 WHERE seq = ?', row.seq)
  } else note(sql, row, settlement.attempt, outcome, isCurrent ? (row.leased_at ?? nowMs) : nowMs - outcome.ms)
  apply(sql, row, decision, { wasHeld: outcome.kind === 'held', isLate: !isCurrent, nowMs })
  if (isCurrent || row.state !== 'delivering') return { row, decision }
  sql.exec('INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, NULL, NULL, NULL)', row.seq, row.attempts, row.leased_at)
  return { row, decision, overtaken: row.attempts }
}

/** An attempt that a late success has overtaken still tells how it ended; that decides nothing. */
function complete(sql: SqlStorage, { seq }: EventRow, n: number, outcome: Outcome): void {
  const where = 'WHERE seq = ? AND n = ? AND ms IS NULL AND fault IS NULL'
  if (outcome.kind === 'held') {
    sql.exec(`DELETE FROM attempts ${where}`, seq, n)
    return
  }
  const { status, fault } = factsOf(outcome)
  sql.exec(`UPDATE attempts SET ms = ?, status = ?, fault = ? ${where}`, outcome.ms, status, fault, seq, n)
}

function note(
  sql: SqlStorage,
  { seq }: EventRow,
  n: number,
  outcome: Exclude<Outcome, { kind: 'held' }>,
  atMs: number,
): void {
  const { status, fault } = factsOf(outcome)
  sql.exec('INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?)', seq, n, atMs, outcome.ms, status, fault)
}

function factsOf(outcome: Exclude<Outcome, { kind: 'held' }>): { status: number | null; fault: string | null } {
  return {
    status: outcome.kind === 'answered' ? outcome.status : null,
    fault: outcome.kind === 'failed' ? outcome.fault : null,
  }
}

/**
 * Ends leases that nobody reported on: the courier, or the process, was lost. The event is due at once,
 * with the same id, unless that was its last try; how often it happens is counted, since the app may have
 * seen the event already.
 *
 * @returns the events as they stood before
 */
export function reap(sql: SqlStorage, sources: Sources, nowMs: number): EventRow[] {
  const query = `SELECT ${eventColumns} FROM events WHERE source = ? AND state = 'delivering' AND due_at <= ?`
  const lost = sources.all().flatMap(([source]) => sql.exec<EventRow>(query, source, nowMs).toArray())
  for (const row of lost) {
    const note = `INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, NULL, NULL, 'outcome-unknown')`
    sql.exec(note, row.seq, row.attempts, row.leased_at)
    const standing = { tries: row.tries, sinceMs: row.since, nowMs }
    const decision = decide(unreported, sources.termsOf(row.source).retry, standing, 0)
    apply(sql, row, decision, { wasHeld: false, isLate: false, nowMs })
  }
  return lost
}

/** An attempt that nobody reported on counts as one that took too long. */
const unreported = { kind: 'failed', fault: 'upstream-timeout', ms: 0 } as const satisfies Outcome

/** How the attempt ended that a decision was made on. */
interface Ending {
  readonly wasHeld: boolean
  readonly isLate: boolean
  readonly nowMs: number
}

function apply(sql: SqlStorage, row: EventRow, decision: Decision, { wasHeld, isLate, nowMs }: Ending): void {
  const { seq, source, order_key: orderKey } = row
  if (decision.kind === 'again') {
    const lane = row.lane === lanes.first && !wasHeld ? lanes.retry : row.lane
    const since = wasHeld ? nowMs : row.since
    sql.exec(
      `UPDATE events SET state = 'waiting', due_at = ?, leased_at = NULL, fault = ?, lane = ?, since = ? WHERE seq = ?`,
      decision.dueAtMs,
      decision.fault,
      lane,
      since,
      seq,
    )
    return
  }
  const fault = decision.kind === 'dead' ? decision.fault : null
  const announceMs = decision.kind === 'dead' ? nowMs : null
  const query = 'UPDATE events SET state = ?, due_at = ?, leased_at = NULL, fault = ? WHERE seq = ?'
  sql.exec(query, decision.kind, announceMs, fault, seq)
  if (row.replay) countReplayed(sql, row.replay, decision.kind)
  if (orderKey === null) return
  if (decision.kind === 'dead') markGap(sql, source, orderKey, row.id)
  else if (isLate) clearGap(sql, source, orderKey, row.id)
  else clearGaps(sql, source, orderKey)
  promote(sql, source, orderKey, nowMs)
}
