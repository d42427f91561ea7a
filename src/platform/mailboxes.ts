import { homeMailbox, type MailboxAddress, mailboxName, mailboxOf } from '#core/delivery/event-id.ts'
import type { Mailboxes } from '#core/ports.ts'
import { within } from '#core/within.ts'
import type { Env } from './env.ts'

/** How long a mailbox has to accept an event; vendors give the whole request 3 s and more. */
const acceptTimeoutMs = 2_000

/**
 * The mailboxes behind their stubs. Only the object itself touches its events; this side finds the object
 * that an event id names.
 */
export function durableMailboxes({ MAILBOX }: Pick<Env, 'MAILBOX'>): Mailboxes {
  const at = (address: MailboxAddress) => MAILBOX.getByName(mailboxName(address))
  const holding = (eventId: string) => {
    const address = mailboxOf(eventId)
    return address && at(address)
  }
  return {
    async accept(event, terms) {
      const mailbox = holding(event.id)
      if (!mailbox) throw new Error(`${event.id} names no mailbox`)
      return within(acceptTimeoutMs, mailbox.accept(event, terms))
    },
    list: async (app, filter, page) => at(homeMailbox(app)).list(filter, page),
    show: async eventId => holding(eventId)?.show(eventId),
    replay: async eventId => holding(eventId)?.replay(eventId),
    open: async eventId => holding(eventId)?.open(eventId),
    buried: async eventId => holding(eventId)?.buried(eventId),
    settle: async settlement => holding(settlement.eventId)?.settle(settlement),
  }
}
