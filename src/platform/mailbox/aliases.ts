/** How long another name is known: as long as an event may be kept at most. */
const keptMs = 7_776_000_000

/** Remembers that an id that a vendor was told means an event which was there before. */
export function alias(sql: SqlStorage, id: string, eventId: string, nowMs: number): void {
  sql.exec('DELETE FROM aliases WHERE made_at < ?', nowMs - keptMs)
  sql.exec('INSERT OR REPLACE INTO aliases VALUES (?, ?, ?)', id, eventId, nowMs)
}

export function aliased(sql: SqlStorage, id: string): string | undefined {
  return sql.exec<{ event_id: string }>('SELECT event_id FROM aliases WHERE id = ?', id).toArray()[0]?.event_id
}
