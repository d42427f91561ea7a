/**
 * One key in order: only the oldest open event of a key is ever due. Those behind it wait without a due
 * time, so they cost no wake-up and no scan, and other keys are not held up.
 */

/** Whether an event of this key is still on its way. */
export function isKeyBusy(sql: SqlStorage, source: string, orderKey: string): boolean {
  const query = `SELECT 1 FROM events WHERE source = ? AND order_key = ? AND state IN ('waiting', 'delivering') LIMIT 1`
  return sql.exec(query, source, orderKey).toArray().length > 0
}

/** Where an event stands in its key. */
export interface Turn {
  /** Absent behind another one. */
  readonly dueAtMs: number | null
  readonly turn: number | null
  readonly isLate: boolean
}

/**
 * The turn of an event that was handed over: before those of its key that were received later, as far as
 * they have not begun. One that is due, and has not begun, steps back behind it.
 */
export function turnOf(sql: SqlStorage, source: string, orderKey: string, receivedAtMs: number, nowMs: number): Turn {
  const later = sql
    .exec<{ seq: number; turn: number; state: string; due_at: number | null; attempts: number }>(
      `SELECT seq, COALESCE(turn, seq) AS turn, state, due_at, attempts FROM events
       WHERE source = ? AND order_key = ? AND state IN ('waiting', 'delivering') AND received_at > ?
       ORDER BY COALESCE(turn, seq), received_at, seq`,
      source,
      orderKey,
      receivedAtMs,
    )
    .toArray()
  const ended = `SELECT 1 FROM events WHERE source = ? AND order_key = ? AND state IN ('delivered', 'dead') AND received_at > ? LIMIT 1`
  const isLate =
    later.some(({ attempts }) => attempts > 0) || sql.exec(ended, source, orderKey, receivedAtMs).toArray().length > 0
  const first = later.find(({ state, due_at, attempts }) => state === 'waiting' && due_at !== null && attempts === 0)
  if (first) sql.exec('UPDATE events SET due_at = NULL WHERE seq = ?', first.seq)
  const dueAtMs = first || !isKeyBusy(sql, source, orderKey) ? nowMs : null
  return { dueAtMs, turn: later[0]?.turn ?? null, isLate }
}

/** The one before it has ended: makes the oldest open event of the key due, unless one is due or under way. */
export function promote(sql: SqlStorage, source: string, orderKey: string, nowMs: number): void {
  const open = sql
    .exec<{ seq: number; state: string; due_at: number | null }>(
      `SELECT seq, state, due_at FROM events WHERE source = ? AND order_key = ? AND state IN ('waiting', 'delivering')
       ORDER BY due_at IS NULL, COALESCE(turn, seq), received_at, seq LIMIT 1`,
      source,
      orderKey,
    )
    .toArray()[0]
  if (open?.due_at === null) sql.exec('UPDATE events SET due_at = ? WHERE seq = ?', nowMs, open.seq)
}

/** Remembers a dead event of a key, so that the next delivery of the key says what is missing before it. */
export function markGap(sql: SqlStorage, source: string, orderKey: string, eventId: string): void {
  sql.exec('INSERT OR IGNORE INTO gaps VALUES (?, ?, ?)', source, orderKey, eventId)
}

/** The dead events that the next delivery of a key names, oldest first. */
export function gapsOf(sql: SqlStorage, source: string, orderKey: string): string[] {
  const query = 'SELECT event_id FROM gaps WHERE source = ? AND order_key = ? ORDER BY event_id LIMIT 20'
  return sql
    .exec<{ event_id: string }>(query, source, orderKey)
    .toArray()
    .map(row => row.event_id)
}

/** A delivery of the key has arrived, and with it the news of the gaps that it named. */
export function clearGaps(sql: SqlStorage, source: string, orderKey: string): void {
  for (const eventId of gapsOf(sql, source, orderKey)) clearGap(sql, source, orderKey, eventId)
}

/** The event itself has arrived after all: it is no gap any more, but others may be. */
export function clearGap(sql: SqlStorage, source: string, orderKey: string, eventId: string): void {
  sql.exec('DELETE FROM gaps WHERE source = ? AND order_key = ? AND event_id = ?', source, orderKey, eventId)
}
