import { batchesOf } from '#core/delivery/batches.ts'
import type { Consignment, DeadLetter, DeliveryTerms, IncomingEvent, Lent } from '#core/delivery/event.ts'
import { type MailboxAddress, mailboxOf } from '#core/delivery/event-id.ts'
import type { Notice, NoticeType, Occurrence } from '#core/owner/notice.ts'
import type { Log } from '#core/ports.ts'
import type { Env } from '../env.ts'
import { deadLettersOf } from '../places.ts'
import { lettersDue } from './burials.ts'
import { lease, lend } from './lease.ts'
import { note, noticesDue } from './notices.ts'
import { type Mailbox, nextStartMs, nextWakeMs } from './wake.ts'

/** How soon the mailbox looks again after a turn that failed. */
const recoverAfterMs = 30_000

/**
 * What leaves the mailbox, and when it wakes: events to the courier, dead letters to the queue, and the
 * one alarm that guards them both.
 */
export class Dispatcher {
  readonly #mailbox: Mailbox
  readonly #storage: DurableObjectStorage
  /** Asked for each call, since a test may put its own courier in place. */
  readonly #bindings: () => Env
  readonly #log: Log
  /** Calls to make once the transaction stands in which their leases were written. */
  #outgoing: (() => void)[] = []
  /** The alarm as set, remembered so that it is not written again for every event. */
  #alarmMs: number | null = null

  constructor(mailbox: Mailbox, storage: DurableObjectStorage, bindings: () => Env, log: Log) {
    this.#mailbox = mailbox
    this.#storage = storage
    this.#bindings = bindings
    this.#log = log
  }

  /** To be called before anything else, and when the alarm has gone off. */
  async learnAlarm(): Promise<void> {
    this.#alarmMs = await this.#storage.getAlarm()
  }

  /** Hands over what is due of a source and may start, and wakes for what may start later. */
  dispatch(source: string, nowMs: number): void {
    const { sql, sources, pauses, pressure } = this.#mailbox
    if (pauses.has(source)) return
    const { consignments, untilMs } = lease(sql, pressure, source, sources.termsOf(source), nowMs)
    for (const batch of batchesOf(consignments)) this.#outgoing.push(() => this.#hand(batch))
    if (consignments.length > 0) this.wakeBy(untilMs)
    const nextMs = nextStartMs(this.#mailbox, source, sources.termsOf(source), nowMs)
    if (nextMs !== undefined) this.wakeBy(nextMs)
  }

  /** Leaves the first attempt of an event to whoever brought it, if it may start now; the alarm guards its lease. */
  lend({ id, source }: IncomingEvent, terms: DeliveryTerms, nowMs: number): Lent | undefined {
    const { sql, pauses, pressure } = this.#mailbox
    const loan = pauses.has(source) ? undefined : lend(sql, pressure, id, terms, nowMs)
    if (loan) this.wakeBy(loan.untilMs)
    return loan?.lent
  }

  /** Sends dead letters to the queue; what the archive does not confirm is sent again later. */
  announce(nowMs: number): void {
    const letters = lettersDue(this.#mailbox.sql, nowMs)
    if (letters.length === 0) return
    this.wakeAtNextWork(nowMs)
    this.#outgoing.push(() => this.#send(letters))
  }

  /** Adds to what the owner is to be told, which leaves soon. */
  note(mailbox: MailboxAddress, type: NoticeType, what: Omit<Occurrence, 'at'>, nowMs: number): void {
    const leavesMs = note(this.#mailbox.sql, mailbox, type, what, nowMs)
    if (leavesMs !== undefined) this.wakeBy(leavesMs)
  }

  /**
   * Sends what the owner is to be told; what the courier does not report is sent again later.
   *
   * @returns messages that nobody has taken for too long, and that are given up
   */
  tell(nowMs: number): readonly Notice[] {
    const { notices, givenUp } = noticesDue(this.#mailbox.sql, nowMs)
    if (notices.length > 0 || givenUp.length > 0) this.wakeAtNextWork(nowMs)
    if (notices.length > 0) this.#outgoing.push(() => this.#tell(notices))
    return givenUp
  }

  /** Makes the calls of a transaction that stands. */
  release(): void {
    const outgoing = this.#outgoing
    this.#outgoing = []
    for (const call of outgoing) call()
  }

  /** Forgets the calls of a transaction that was undone, and wakes soon to try again. */
  recover(nowMs: number): void {
    this.#outgoing = []
    this.#setAlarm(nowMs + recoverAfterMs)
  }

  wakeBy(atMs: number): void {
    if (this.#alarmMs === null || atMs < this.#alarmMs) this.#setAlarm(atMs)
  }

  /** With nothing under way or due, the alarm that guarded it would wake for nothing; and with none, what has ended is never purged. */
  restIfIdle(nowMs: number): void {
    const { sql, sources } = this.#mailbox
    const isOpen = sources
      .all()
      .some(([source]) =>
        [
          `SELECT 1 FROM events WHERE source = ? AND state = 'waiting' LIMIT 1`,
          `SELECT 1 FROM events WHERE source = ? AND state = 'delivering' LIMIT 1`,
        ].some(query => sql.exec(query, source).toArray().length > 0),
      )
    if (!isOpen || this.#alarmMs === null) this.wakeAtNextWork(nowMs)
  }

  wakeAtNextWork(nowMs: number): void {
    const atMs = nextWakeMs(this.#mailbox, nowMs)
    if (atMs !== undefined && atMs !== this.#alarmMs) this.#setAlarm(atMs)
    if (atMs === undefined && this.#alarmMs !== null) {
      this.#alarmMs = null
      void this.#storage.deleteAlarm()
    }
  }

  /** Not awaited: the courier reports by itself. If the call is lost, the leases end and the events are due again. */
  #hand(batch: readonly Consignment[]): void {
    this.#bindings()
      .COURIER.deliver(batch)
      .catch(error => {
        const events = batch.map(({ eventId }) => eventId)
        this.#log.write('error', 'courier-lost', { events, detail: String(error) })
      })
  }

  #send(letters: readonly DeadLetter[]): void {
    deadLettersOf(this.#bindings(), mailboxOf(letters[0]?.eventId ?? '')?.region ?? '')
      .sendBatch(letters.map(body => ({ body })))
      .catch(error => {
        const events = letters.map(({ eventId }) => eventId)
        this.#log.write('error', 'dead-letters-unsent', { events, detail: String(error) })
      })
  }

  /** Not awaited, like `#hand`. */
  #tell(notices: readonly Notice[]): void {
    this.#bindings()
      .COURIER.tell(notices)
      .catch(error => {
        this.#log.write('error', 'courier-lost', { notices: notices.map(({ id }) => id), detail: String(error) })
      })
  }

  /** Not awaited: it is written with the rows of this turn, and nothing leaves the object before both are on disk. */
  #setAlarm(atMs: number): void {
    this.#alarmMs = atMs
    void this.#storage.setAlarm(atMs)
  }
}
