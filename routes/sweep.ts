import { mailboxName, mailboxOf } from '#core/delivery/event-id.ts'
import type { Ports } from '#core/ports.ts'
import { unspilled } from './spills.ts'

/** A body younger than this may belong to an event that is just being accepted. */
const minAgeMs = 3_600_000

/** An event spilled longer ago than this is handed over by the sweep: its message may have been lost. */
const spilledMs = 600_000
/** Hand-overs that may fail in one sweep; the rest waits for the next. */
const failuresAtMost = 20

/**
 * Cron: hands over what is still spilled, and removes bodies that no mailbox knows. They are left behind when an accept fails after its body was
 * written, or when a mailbox has purged an event and could not remove the body.
 *
 * @returns how many were looked at, and how many removed
 */
export async function sweep(ports: Ports): Promise<{ seen: number; removed: number }> {
  const { payloads, mailboxes, clock, log } = ports
  const spilled = await stillSpilled(ports)
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
        const orphans = ids.filter(id => !known.includes(id) && !spilled.has(id))
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

/** Hands over, and returns the ids of what could not be: their bodies are needed yet. */
async function stillSpilled(ports: Ports): Promise<ReadonlySet<string>> {
  const left = new Set<string>()
  for await (const eventIds of ports.spills.writtenBefore(new Date(ports.clock.now().getTime() - spilledMs))) {
    for (const id of eventIds) {
      if (left.size >= failuresAtMost || !(await unspilled(id, ports))) left.add(id)
    }
  }
  return left
}
