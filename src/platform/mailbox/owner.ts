import { type MailboxAddress, mailboxOf } from '#core/delivery/event-id.ts'
import type { FaultCode } from '#core/fault.ts'
import type { NoticeType, Occurrence } from '#core/owner/notice.ts'
import type { Reminder } from '#core/owner/reminder.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Sources } from './sources.ts'
import type { EventRow } from './tables.ts'

/** A pause or resumption that the owner is told of. */
export interface PauseTold {
  /** The mailbox that is told to pause. */
  readonly mailbox: MailboxAddress
  /** The operator's. */
  readonly reason: string
}

/** What is worth telling the owner of the app, if the manifest names one to tell. */
export class Owner {
  readonly #sources: Sources
  readonly #dispatcher: Dispatcher

  constructor(sources: Sources, dispatcher: Dispatcher) {
    this.#sources = sources
    this.#dispatcher = dispatcher
  }

  hearsOfDeath(row: EventRow, nowMs: number): void {
    const { id: eventId, fault, attempts } = row
    this.#hears(row, 'dead-letters', { eventId, attempts, ...(fault && { reason: fault as FaultCode }) }, nowMs)
  }

  /** @param row the event whose attempt made the difference */
  hearsOfBreaker(change: 'opened' | 'closed', row: EventRow, nowMs: number): void {
    this.#hears(row, `breaker-${change}`, {}, nowMs)
  }

  hearsOfExpiry(mailbox: MailboxAddress, reminder: Reminder, nowMs: number): void {
    this.#dispatcher.note(mailbox, 'expiring', { ...reminder }, nowMs)
  }

  hearsOfPause(type: 'paused' | 'resumed', source: string | undefined, told: PauseTold, nowMs: number): void {
    const what = { ...(source !== undefined && { source }), reason: told.reason }
    this.#dispatcher.note(told.mailbox, type, what, nowMs)
  }

  #hears({ id, source }: EventRow, type: NoticeType, what: Omit<Occurrence, 'at' | 'source'>, nowMs: number): void {
    const mailbox = mailboxOf(id)
    if (!mailbox || !this.#sources.termsOf(source).tellsOwner) return
    this.#dispatcher.note(mailbox, type, { source, ...what }, nowMs)
  }
}
