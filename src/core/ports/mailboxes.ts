import type {
  Acceptance,
  ArchivedEvent,
  ContentsPage,
  DeadLetter,
  DeliveryTerms,
  EventFilter,
  EventView,
  Glance,
  Glimpse,
  IdClaim,
  IncomingEvent,
  Settlement,
  Sheltered,
  StoredEvent,
} from '#core/delivery/event.ts'
import type { MailboxAddress } from '#core/delivery/event-id.ts'
import type { ReplayOrder, ReplayView } from '#core/delivery/replay.ts'
import type { Telling } from '#core/owner/notice.ts'
import type { Reminder } from '#core/owner/reminder.ts'

/** One page of events. */
export interface Contents {
  readonly events: readonly StoredEvent[]
  /** Absent: there are no more. */
  readonly next?: string
}

/** The mailboxes of all apps. A call that cannot be answered in time throws. */
export interface Mailboxes {
  /** Keeps the event durably, or says which one it duplicates. Resolves only after the write is on disk. */
  accept(event: IncomingEvent, terms: DeliveryTerms, paused?: readonly string[]): Promise<Acceptance>
  /** Has the sibling of a mailbox keep an event that the mailbox gave no answer about. */
  shelter(sheltered: Sheltered): Promise<Acceptance>
  /** Makes an id that a vendor was told another name of an event. */
  alias(id: string, eventId: string): Promise<void>
  /** What an earlier home of an event knows of it. */
  glance(address: MailboxAddress, glance: Glance): Promise<Glimpse>
  /** Keeps a vendor's id for an event of another mailbox, or says which event that was kept has it already. */
  claim(address: MailboxAddress, claim: IdClaim): Promise<string | undefined>
  /**
   * Events of all mailboxes of an app, newest first, older than the event `before`; those that others still
   * hold for a mailbox are among them.
   *
   * @throws Fault `overloaded` when one of them does not answer
   */
  list(
    app: string,
    filter: EventFilter,
    page: { readonly limit: number; readonly before?: string },
  ): Promise<EventView[]>
  show(eventId: string): Promise<EventView | undefined>
  /** Makes an event due again at once; `undefined` when there is no such event. */
  replay(eventId: string): Promise<EventView | undefined>
  /** Records what became of one attempt; the mailbox decides what follows. */
  settle(settlement: Settlement): Promise<void>
  /** A dead event with its bytes, for the archive. */
  open(eventId: string): Promise<ArchivedEvent | undefined>
  /**
   * Events of an app, holder by holder, those before the mailboxes that they are handed over to: so each event
   * is come by, whenever it moves. Without `next` there are no more.
   *
   * @throws Fault `overloaded` when one of them does not answer
   */
  contents(app: string, page: ContentsPage): Promise<Contents>
  /** Removes every trace of these events, whatever their state, and whoever holds them; what is just being handed over is not taken. */
  forget(eventIds: readonly string[]): Promise<void>
  /** Which of these events, all of one mailbox, it still holds. */
  known(eventIds: readonly string[]): Promise<readonly string[]>
  /** Confirms that a dead letter lies in the archive, so that it is not announced again; says whether that was news. */
  buried(eventId: string): Promise<boolean>
  /**
   * @param source `undefined`: the whole app
   * @param reason why, if the owner is to be told of it
   */
  pause(app: string, source: string | undefined, reason?: string): Promise<void>
  resume(app: string, source: string | undefined, reason?: string): Promise<void>
  /** Has the owner told that the app's end comes near; a repetition changes nothing. Resolves once that is on disk. */
  remind(app: string, reminder: Reminder): Promise<void>
  /** Records what became of one try to tell an owner something. */
  notified(noticeId: string, telling: Telling): Promise<void>
  /** Which of an app's sources are paused. */
  paused(app: string, sources: readonly string[]): Promise<string[]>
  countReplay(app: string, order: ReplayOrder): Promise<number>
  startReplay(app: string, order: ReplayOrder): Promise<ReplayView>
  showReplay(id: string): Promise<ReplayView | undefined>
  cancelReplay(id: string): Promise<ReplayView | undefined>
}

/** Events that neither mailbox nor sibling could take, until they are handed over. */
export interface Spills {
  /** False on one machine, whose queues do not outlive it: nothing may be put there. */
  readonly isDurable: boolean
  put(sheltered: Sheltered): Promise<void>
  get(eventId: string): Promise<Sheltered | undefined>
  remove(eventId: string): Promise<void>
  /** The ids of those that were put before a moment, page by page. */
  writtenBefore(moment: Date): AsyncIterable<readonly string[]>
}

/** Bodies too large for a mailbox row, under their event's id. */
export interface Payloads {
  put(eventId: string, body: Uint8Array): Promise<void>
  /**
   * The body as a byte stream that knows its length, so that a request made of it states `content-length`.
   *
   * @throws when there is none: an event that names a body has one
   */
  get(eventId: string): Promise<ReadableStream<Uint8Array>>
  /** The body whole; `undefined` when there is none. */
  bytes(eventId: string): Promise<Uint8Array | undefined>
  remove(eventIds: readonly string[]): Promise<void>
  /** The ids under which bodies lie that were written before a moment, page by page. */
  writtenBefore(moment: Date): AsyncIterable<readonly string[]>
}

export interface Archive {
  /** Whether a letter of an event lies here. */
  holds(eventId: string): Promise<boolean>
  /** The archived events of an app, without their bytes. */
  contents(app: string, page: ContentsPage): Promise<Contents>
  /** The bytes of an archived event; `undefined` when they are gone. */
  body(eventId: string): Promise<Uint8Array | undefined>
  /** Keeps a dead letter for good: what happened, and the bytes. Writing it twice is the same as once. */
  keep(letter: DeadLetter, dead: ArchivedEvent): Promise<void>
  remove(eventIds: readonly string[]): Promise<void>
}
