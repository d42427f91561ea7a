import type { Reminder } from '#core/owner/reminder.ts'

/** An end of life is remembered so long after it. */
const keptMs = 30 * 86_400_000

/** Whether the owner has not heard yet that this end of life is so near; from now on they have. */
export function isNearer(sql: SqlStorage, { expiresAt, days }: Reminder, nowMs: number): boolean {
  sql.exec('DELETE FROM reminders WHERE expires_at < ?', nowMs - keptMs)
  const endMs = Date.parse(expiresAt)
  const told = sql.exec<{ days: number }>('SELECT days FROM reminders WHERE expires_at = ?', endMs).toArray()[0]
  if (told && told.days <= days) return false
  sql.exec('INSERT OR REPLACE INTO reminders VALUES (?, ?)', endMs, days)
  return true
}
