import type { ReplayOrder, ReplayView } from '#core/delivery/replay.ts'
import { lanes } from './tables.ts'
import { conditionsOf, rowOf } from './views.ts'

/** How often a running replay releases events. */
const tickMs = 1_000
/** How long a replay can be looked at after its end. */
const keptMs = 1_209_600_000

type ReplayRow = {
  id: string
  order_text: string
  state: ReplayView['state']
  matched: number
  sent: number
  skipped: number
  delivered: number
  dead: number
  next_seq: number
  last_seq: number
  tick_at: number
}

/**
 * Makes one event due at once, whatever its state; its attempts count on. One that is under way is left alone.
 *
 * @returns its source; `undefined` when there is no such event
 */
export function replayOne(sql: SqlStorage, eventId: string, nowMs: number): string | undefined {
  const row = rowOf(sql, eventId)
  if (row?.state === 'waiting' && row.due_at !== null) hasten(sql, row.seq, nowMs)
  if (row && row.state !== 'waiting' && row.state !== 'delivering') release(sql, row.seq, nowMs, null)
  return row?.source
}

/** How many events an order would send: those that match and have ended. */
export function countMatching(sql: SqlStorage, { filter }: ReplayOrder): number {
  const { where, values } = matching(filter)
  return sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM events WHERE ${where}`, ...values).one().n
}

/** Takes an order on. What is accepted, or ends, from now on is no part of it. */
export function startReplay(sql: SqlStorage, id: string, order: ReplayOrder, nowMs: number): ReplayView {
  const matched = countMatching(sql, order)
  const { last } = sql.exec<{ last: number | null }>('SELECT MAX(seq) AS last FROM events').one()
  sql.exec(
    `INSERT INTO replays (id, order_text, state, matched, next_seq, last_seq, tick_at) VALUES (?, ?, 'running', ?, 0, ?, ?)`,
    id,
    JSON.stringify(order),
    matched,
    last ?? 0,
    nowMs,
  )
  leaveOutOpen(sql, id)
  return { id, state: 'running', matched, sent: 0, skipped: 0, delivered: 0, dead: 0 }
}

/**
 * Releases what the running replays may send now: at most so many events a second each, and none beyond
 * that while earlier ones still wait behind live traffic. Everything it goes by is on disk, so a crash
 * does not end it.
 *
 * @returns the sources that have something due
 */
export function advanceReplays(sql: SqlStorage, nowMs: number): Set<string> {
  const touched = new Set<string>()
  for (const row of sql
    .exec<ReplayRow>(`SELECT * FROM replays WHERE state = 'running' AND tick_at <= ?`, nowMs)
    .toArray()) {
    const order = JSON.parse(row.order_text) as ReplayOrder
    const { open } = sql
      .exec<{ open: number }>(
        `SELECT COUNT(*) AS open FROM events WHERE replay = ? AND state IN ('waiting', 'delivering')`,
        row.id,
      )
      .one()
    const { where, values } = matching(order.filter)
    const next = sql
      .exec<{ seq: number; source: string; order_key: string | null }>(
        `SELECT seq, source, order_key FROM events WHERE seq > ? AND seq <= ? AND ${where}
           AND seq NOT IN (SELECT seq FROM replay_left_out WHERE replay = ?) ORDER BY seq LIMIT ?`,
        row.next_seq,
        row.last_seq,
        ...values,
        row.id,
        Math.max(0, Math.ceil(order.perSecond) - open),
      )
      .toArray()
    const skipped = order.skipSuperseded ? next.filter(event => isSuperseded(sql, event)) : []
    const sent = next.filter(event => !skipped.includes(event))
    for (const { seq, source } of sent) {
      release(sql, seq, nowMs, row.id)
      touched.add(source)
    }
    const isOver = next.length === 0 && open === 0
    sql.exec(
      'UPDATE replays SET sent = sent + ?, skipped = skipped + ?, next_seq = ?, tick_at = ?, state = ? WHERE id = ?',
      sent.length,
      skipped.length,
      next.at(-1)?.seq ?? row.next_seq,
      nowMs + Math.ceil((tickMs * Math.ceil(order.perSecond)) / order.perSecond),
      isOver ? 'done' : 'running',
      row.id,
    )
  }
  return touched
}

/**
 * Makes an event that has ended due again: with all its tries before it, its attempts counting on, and
 * behind whatever of its key is on its way.
 *
 * @param replay the bulk replay it is part of
 */
export function release(sql: SqlStorage, seq: number, nowMs: number, replay: string | null): void {
  sql.exec(
    `UPDATE events SET state = 'waiting', tries = 0, since = ?, announced = 0, fault = NULL, lane = ?, replay = ?, due_at =
       CASE WHEN EXISTS (SELECT 1 FROM events AS other WHERE other.source = events.source
         AND other.order_key = events.order_key AND other.state IN ('waiting', 'delivering')) THEN NULL ELSE ? END
     WHERE seq = ?`,
    nowMs,
    lanes.replay,
    replay,
    nowMs,
    seq,
  )
}

/** Makes an event that waits for its next try due now, with all its tries before it again. */
export function hasten(sql: SqlStorage, seq: number, nowMs: number): void {
  sql.exec('UPDATE events SET tries = 0, since = ?, due_at = ? WHERE seq = ?', nowMs, nowMs, seq)
}

/** Counts an event of a bulk replay that has ended again. */
export function countReplayed(sql: SqlStorage, replay: string, ending: 'delivered' | 'dead'): void {
  sql.exec(`UPDATE replays SET ${ending} = ${ending} + 1 WHERE id = ?`, replay)
}

/** Stops a replay: what it has released goes on, nothing more follows. */
export function cancelReplay(sql: SqlStorage, id: string): ReplayView | undefined {
  sql.exec(`UPDATE replays SET state = 'cancelled' WHERE id = ? AND state = 'running'`, id)
  return showReplay(sql, id)
}

export function showReplay(sql: SqlStorage, id: string): ReplayView | undefined {
  const row = sql.exec<ReplayRow>('SELECT * FROM replays WHERE id = ?', id).toArray()[0]
  if (!row) return undefined
  const { state, matched, sent, skipped, delivered, dead } = row
  return { id, state, matched, sent, skipped, delivered, dead }
}

/** What is on its way when a replay begins has not ended, and ends by itself: it was never meant. */
function leaveOutOpen(sql: SqlStorage, id: string): void {
  for (const { source } of sql.exec<{ source: string }>('SELECT source FROM sources').toArray()) {
    for (const query of [
      `INSERT INTO replay_left_out SELECT ?, seq FROM events WHERE source = ? AND state = 'waiting'`,
      `INSERT INTO replay_left_out SELECT ?, seq FROM events WHERE source = ? AND state = 'delivering'`,
    ]) {
      sql.exec(query, id, source)
    }
  }
}

/** Forgets replays that ended two weeks ago. */
export function forgetReplays(sql: SqlStorage, nowMs: number): void {
  const over = `SELECT id FROM replays WHERE state IN ('done', 'cancelled') AND tick_at < ?`
  sql.exec(`DELETE FROM replay_left_out WHERE replay IN (${over})`, nowMs - keptMs)
  sql.exec(`DELETE FROM replays WHERE state IN ('done', 'cancelled') AND tick_at < ?`, nowMs - keptMs)
}

/** When a running replay goes on; `undefined` when none runs. */
export function nextTickMs(sql: SqlStorage): number | undefined {
  return (
    sql.exec<{ at: number | null }>(`SELECT MIN(tick_at) AS at FROM replays WHERE state = 'running'`).one().at ??
    undefined
  )
}

function matching(filter: ReplayOrder['filter']): { where: string; values: (string | number)[] } {
  const asked = conditionsOf(filter)
  const where = [`state IN ('delivered', 'dead', 'dropped')`, ...asked.map(([text]) => text)].join(' AND ')
  return { where, values: asked.map(([, value]) => value) }
}

function isSuperseded(sql: SqlStorage, event: { seq: number; source: string; order_key: string | null }): boolean {
  if (event.order_key === null) return false
  const query = `SELECT 1 FROM events WHERE source = ? AND order_key = ? AND state IN ('delivered', 'dead') AND state = 'delivered' AND seq > ? LIMIT 1`
  return sql.exec(query, event.source, event.order_key, event.seq).toArray().length > 0
}
