import { homeMailbox, type MailboxAddress, mailboxName, mailboxOf, mintEventId } from '#core/delivery/event-id.ts'
import type { Mailboxes } from '#core/ports.ts'
import { within } from '#core/within.ts'
import type { Env } from './env.ts'
import { objectAt, regionsOf } from './places.ts'

/** How long a mailbox has to accept an event; vendors give the whole request 3 s and more. */
const acceptTimeoutMs = 2_000

/**
 * The mailboxes behind their stubs. Only the object itself touches its events; this side finds the object
 * that an event id names.
 */
export function durableMailboxes(env: Pick<Env, 'MAILBOX' | 'REGIONS' | 'ENVIRONMENT'>): Mailboxes {
  const regions = regionsOf(env)
  const isLocal = env.ENVIRONMENT === 'local'
  const find = (address: MailboxAddress) => objectAt(env.MAILBOX, address, regions, isLocal)
  const at = (address: MailboxAddress) => {
    const mailbox = find(address)
    if (!mailbox) throw new Error(`${mailboxName(address)} is in no region of this gateway`)
    return mailbox
  }
  const holding = (eventId: string) => {
    const address = mailboxOf(eventId)
    return address && find(address)
  }
  const told = (app: string, reason: string | undefined) =>
    reason === undefined ? undefined : { mailbox: homeMailbox(app), reason }
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
    contents: async (app, page) => at(homeMailbox(app)).contents(page),
    forget: async eventIds => holding(eventIds[0] ?? '')?.forget(eventIds),
    known: async eventIds => (await holding(eventIds[0] ?? '')?.known(eventIds)) ?? [],
    buried: async eventId => (await holding(eventId)?.buried(eventId)) ?? false,
    pause: async (app, source, reason) => at(homeMailbox(app)).pause(source, told(app, reason)),
    resume: async (app, source, reason) => at(homeMailbox(app)).resume(source, told(app, reason)),
    notified: async (id, telling) => holding(id)?.notified(id, telling),
    paused: async (app, sources) => at(homeMailbox(app)).paused(sources),
    countReplay: async (app, order) => at(homeMailbox(app)).countReplay(order),
    async startReplay(app, order) {
      const home = homeMailbox(app)
      return at(home).startReplay(mintEventId(home, new Date()), order)
    },
    showReplay: async id => holding(id)?.showReplay(id),
    cancelReplay: async id => holding(id)?.cancelReplay(id),
    settle: async settlement => holding(settlement.eventId)?.settle(settlement),
  }
}
