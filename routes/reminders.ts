import { type Reminder, reminderDue } from '#core/owner/reminder.ts'
import { roundDue } from '#core/owner/rounds.ts'
import type { Ports } from '#core/ports.ts'

/** What one run carries: so many pages of the registry's list, and no further page past so many reminders. */
export const perRun = { pages: 100, appsPerPage: 400, reminders: 400 }
/** Mailboxes told side by side. */
const atOnce = 20

interface Due extends Reminder {
  readonly app: string
}

/**
 * Cron: reminds the owners of apps that end in 30, 14, 7 days or 1. It finds what fell due since the last round by
 * the list of the registry and hands it to the app's mailbox, which tells the owner once however often it hears of
 * it. What one run cannot carry, the next one goes on with; what a mailbox did not take is tried again.
 */
export async function reminders(ports: Ports, most = perRun): Promise<void> {
  const { rounds, registryStore, clock, log } = ports
  const round = roundDue(await rounds.read().catch(() => undefined), clock.now().getTime())
  if (!round) return
  const { sinceMs, untilMs, open } = round
  let { cursor, hasFailed } = { hasFailed: false, cursor: undefined as string | undefined, ...open }
  let told = 0
  for (let pages = 0; pages < most.pages && told < most.reminders; pages++) {
    const page = await registryStore.endings({ limit: most.appsPerPage, ...(cursor !== undefined && { cursor }) })
    const due = page.endings.flatMap(({ app, expiresAt }) => {
      const reminder = reminderDue(expiresAt, { sinceMs, untilMs })
      return reminder ? [{ app, ...reminder }] : []
    })
    hasFailed = !(await allTold(due, ports)) || hasFailed
    told += due.length
    cursor = page.cursor
    if (cursor === undefined) break
  }
  if (told > 0) log.write('info', 'reminders', { told, hasFailed, isDone: cursor === undefined })
  const behind = hasFailed ? { sinceMs } : { sinceMs: untilMs }
  await rounds.keep(cursor === undefined ? behind : { sinceMs, open: { untilMs, cursor, hasFailed } })
}

/** @returns whether every mailbox took its reminder */
async function allTold(due: readonly Due[], { mailboxes, log }: Ports): Promise<boolean> {
  let isWhole = true
  for (let at = 0; at < due.length; at += atOnce) {
    await Promise.all(
      due.slice(at, at + atOnce).map(async ({ app, ...reminder }) => {
        try {
          await mailboxes.remind(app, reminder)
        } catch (error) {
          isWhole = false
          log.write('error', 'reminder-failed', { app, days: reminder.days, detail: String(error) })
        }
      }),
    )
  }
  return isWhole
}
