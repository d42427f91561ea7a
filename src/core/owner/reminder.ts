const dayMs = 86_400_000

/** So many days before the end of an app its owner is reminded. */
export const reminderDays = [30, 14, 7, 1] as const

/** That an app ends soon. */
export interface Reminder {
  /** RFC 3339, UTC. */
  readonly expiresAt: string
  readonly days: (typeof reminderDays)[number]
}

/** A stretch of time, its end included. */
export interface Span {
  readonly sinceMs: number
  readonly untilMs: number
}

/** The reminder that fell due within a stretch of time; the nearest one where several did, none once the app has ended. */
export function reminderDue(expiresAt: string, { sinceMs, untilMs }: Span): Reminder | undefined {
  const endMs = Date.parse(expiresAt)
  if (endMs <= untilMs) return undefined
  const due = reminderDays.filter(days => endMs - days * dayMs > sinceMs && endMs - days * dayMs <= untilMs)
  const days = due.at(-1)
  return days && { expiresAt: new Date(endMs).toISOString(), days }
}
