import type { FaultCode } from '#core/fault.ts'
import type { BreakerTerms } from './breaker.ts'

/** Where an accepted webhook stands. `dropped` is for events that a filter lets go. */
export type EventState = 'waiting' | 'delivering' | 'delivered' | 'dead' | 'dropped'

export const eventStates = [
  'waiting',
  'delivering',
  'delivered',
  'dead',
  'dropped',
] as const satisfies readonly EventState[]

/** One try to deliver an event. `ms` and outcome are absent while it is under way, and when they were never learned. */
export interface Attempt {
  readonly n: number
  readonly at: string
  readonly ms?: number
  readonly status?: number
  readonly fault?: FaultCode | 'outcome-unknown'
}

/** An event as the admin API shows it: everything but its payload. Times are RFC 3339, UTC, ms. */
export interface EventView {
  readonly id: string
  readonly app: string
  readonly source: string
  readonly region: string
  readonly state: EventState
  readonly receivedAt: string
  readonly size: number
  /** A sealed order key: equal for equal keys, and telling nothing else. */
  readonly orderKey?: string
  readonly attempts: readonly Attempt[]
  readonly nextAttemptAt?: string
  readonly fault?: FaultCode
}

/** A verified webhook on its way into its mailbox. */
export interface IncomingEvent {
  readonly id: string
  readonly source: string
  readonly receivedAtMs: number
  /** The vendor's headers that the app may see. */
  readonly headers: readonly (readonly [string, string])[]
  /** The exact bytes; absent where they were too many for a row and lie in the payload store under the id. */
  readonly body?: Uint8Array
  readonly size: number
  /** How often the request had passed a gateway before. */
  readonly hops: number
  readonly claims: { readonly vendorId?: string; readonly signedDigest?: string }
  readonly dedupeMs: number
  /** A filter let it go: it is kept for a replay, and not delivered by itself. */
  readonly isDropped?: true
  /** The vendor waits for the app's answer: whoever accepts it wants to make the first attempt itself. */
  readonly isSync?: true
  /** Another kept it for a while: it joins the others of its order key by when it was received. */
  readonly isHandedOver?: true
  /** Sealed; events of one key are delivered in the order in which they were accepted. */
  readonly orderKey?: string
}

/** How a source wants its deliveries made; the mailbox keeps the newest it was told. */
export interface DeliveryTerms {
  readonly concurrency: number
  /** Absent: as fast as the concurrency allows. */
  readonly perSecond?: number
  readonly timeoutMs: number
  readonly retry: RetryTerms
  readonly breaker?: BreakerTerms
  readonly retentionDays?: number
  /** The owner wants to hear of dead letters and of the breaker. */
  readonly tellsOwner?: true
  /** Over how many shards the source is spread; concurrency and rate are this shard's share. Absent: one. */
  readonly shards?: number
}

export interface RetryTerms {
  readonly attempts: number
  readonly baseSeconds: number
  readonly maxSeconds: number
  readonly maxAgeSeconds: number
}

/** `by`: which claim was already taken. The id is then the first event's. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly eventId: string; readonly lent?: Lent }
  | { readonly kind: 'duplicate'; readonly eventId: string; readonly by: 'id' | 'bytes' }

/** The first attempt of an event, left under its lease to whoever brought the event. */
export type Lent = Pick<Consignment, 'attempt' | 'gaps'>

/** An event on its way to a mailbox that does not answer, with all that accepting it takes. */
export interface Sheltered {
  readonly event: IncomingEvent
  readonly terms: DeliveryTerms
  readonly paused?: readonly string[]
}

/** What an earlier home of an event is asked. */
export interface Glance {
  readonly source: string
  readonly claims: IncomingEvent['claims']
  readonly orderKey?: string
  readonly receivedAtMs: number
  readonly dedupeMs: number
  /** The number of shards that the asker goes by. */
  readonly shards: number
}

/** What one holder of events knows of another that comes. */
export interface Held {
  readonly duplicate?: Acceptance & { readonly kind: 'duplicate' }
  /** Events of the order key are on their way there. */
  readonly isKeyBusy: boolean
}

export interface Glimpse extends Held {
  /** The sources paused there; `*` for all. */
  readonly paused: readonly string[]
}

/** A vendor's id that belongs to an event which lives in another mailbox. */
export interface IdClaim {
  readonly source: string
  readonly vendorId: string
  readonly eventId: string
  readonly receivedAtMs: number
  readonly dedupeMs: number
}

/** An event handed to the courier: one attempt, under a lease that only this attempt's number settles. */
export interface Consignment {
  readonly eventId: string
  readonly source: string
  readonly attempt: number
  readonly receivedAtMs: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
  readonly hops: number
  /** Dead events of the same order key that should have come before this one. */
  readonly gaps?: readonly string[]
  /** Later events of its order key went before it: it was handed over too late. */
  readonly isLate?: true
}

/** What became of one attempt. `held`: the gate let nothing through (app expired, entry unusable); it does not count. */
export type Outcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly retryAtMs?: number
      readonly ms: number
      /** The vendor has had this answer, so it is not tried again whatever it says. */
      readonly isFinal?: true
    }
  | { readonly kind: 'failed'; readonly fault: FaultCode; readonly ms: number }
  | { readonly kind: 'held'; readonly fault: FaultCode }

export interface Settlement {
  readonly eventId: string
  readonly attempt: number
  readonly outcome: Outcome
  /** The terms of the entry in force at the attempt; absent when there was none. */
  readonly terms?: DeliveryTerms
}

/** What goes to the queue `dead-letters`; never the payload. */
export interface DeadLetter {
  readonly app: string
  readonly source: string
  readonly eventId: string
  readonly reason: FaultCode
  readonly attempts: number
  readonly firstAt: string
  readonly lastAt: string
}

/** A dead event with its bytes, as the archive keeps it. */
export interface ArchivedEvent {
  readonly event: EventView
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
}

/** An event as somebody holds it, for whoever looks through them all. */
export interface StoredEvent {
  readonly id: string
  readonly source: string
  /** Of its bytes. */
  readonly size: number
  /** The bytes, if they were asked for and lie with it; larger ones lie in the payload store. */
  readonly body?: Uint8Array
  /** Where to go on after it. */
  readonly at: string
}

/** Which of the events to look at next. */
export interface ContentsPage {
  readonly limit: number
  readonly after?: string
  readonly source?: string
  /** Bytes of bodies that may come along, but for the first; absent: none. */
  readonly bodyBytes?: number
}

export interface EventFilter {
  readonly source?: string
  readonly state?: EventState
  readonly fault?: string
  readonly fromMs?: number
  readonly toMs?: number
}
