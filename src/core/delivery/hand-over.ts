import type { Ports } from '#core/ports.ts'
import type { Sheltered } from './event.ts'
import { mailboxOf } from './event-id.ts'

/**
 * Hands an event that another kept for a while over to its mailbox, under the id that the vendor was told.
 * If the mailbox has the event already, because the vendor sent it again, the id becomes another name for
 * that one. Doing it twice is the same as once.
 *
 * @throws when the mailbox still does not answer
 */
export async function handOver(
  { event, terms, paused }: Sheltered,
  { mailboxes, payloads, counters }: Pick<Ports, 'mailboxes' | 'payloads' | 'counters'>,
): Promise<void> {
  const acceptance = await mailboxes.accept({ ...event, isHandedOver: true }, terms, paused)
  const isAlias = acceptance.eventId !== event.id
  if (isAlias) {
    await mailboxes.alias(event.id, acceptance.eventId)
    if (!event.body) await payloads.remove([event.id])
  }
  counters.count(mailboxOf(event.id)?.app ?? '-', 'spills_total', { step: isAlias ? 'alias' : 'handed-over' })
}
