import { mailboxName, mailboxOf } from '#core/delivery/event-id.ts'
import type { Ports } from '#core/ports.ts'

/** A body younger than this may belong to an event that is just being accepted. */
const minAgeMs = 3_600_000

/**
 * Cron: removes bodies that no mailbox knows. They are left behind when an accept fails after its body was
 * written, or when a mailbox has purged an event and could not remove the body.
 *
 * @returns how many were looked at, and how many removed
 */
export async function sweep({ payloads, mailboxes, clock, log }: Ports): Promise<{ seen: number; removed: number }> {
  let seen = 0
  let removed = 0
  for await (const eventIds of payloads.writtenBefore(new Date(clock.now().getTime() - minAgeMs))) {
    seen += eventIds.length
    const byMailbox = Map.groupBy(eventIds, eventId => {
      const address = mailboxOf(eventId)
      return address ? mailboxName(address) : ''
    })
    for (const [name, ids] of byMailbox) {
      try {
        const known = name === '' ? [] : await mailboxes.known(ids)
        const orphans = ids.filter(id => !known.includes(id))
        await payloads.remove(orphans)
        removed += orphans.length
      } catch (error) {
        log.write('error', 'sweep-failed', { mailbox: name, detail: String(error) })
      }
    }
  }
  if (removed > 0) log.write('info', 'swept', { seen, removed })
  return { seen, removed }
}
