import type { Discoveries } from '#core/api/discoveries.ts'
import type { AuditFact, AuditRecord, AuditType } from '#core/audit/record.ts'
import type { ChainVerdict } from '#core/audit/verify.ts'
import type {
  Acceptance,
  ArchivedEvent,
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
import type { Places } from '#core/egress/places.ts'
import type { Claims } from '#core/idempotency/claim.ts'
import type { AppTokens } from '#core/identity/app-token.ts'
import type { VerifiedCaller } from '#core/identity/caller.ts'
import type { KeySets } from '#core/identity/key-sets.ts'
import type { VerifiedTokens } from '#core/identity/verified-tokens.ts'
import type { Rates } from '#core/limits/rates.ts'
import type { Slots } from '#core/limits/slots.ts'
import type { Strikes } from '#core/limits/strikes.ts'
import type { Entry, Pointer } from '#core/manifest/entry.ts'
import type { Publication, RegistryItem } from '#core/manifest/publish.ts'
import type { Telling } from '#core/owner/notice.ts'
import type { BodyBudget } from '#core/pipeline/body.ts'
import type { SealedSecret } from '#core/secrets/sealed.ts'
import type { Secret } from '#core/secrets/secret.ts'
import type { Settings } from '#core/settings.ts'
import type { Standing, Turn } from '#core/switches/standing.ts'

/** Everything core, policies and routes need of the outside, in our words. `src/platform/ports.ts` provides it. */
export interface Ports {
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly places: Places
  readonly registry: Registry
  readonly registryStore: RegistryStore
  readonly switches: Switches
  readonly switchboard: Switchboard
  readonly audit: Audit
  readonly secrets: Secrets
  readonly secretStore: SecretStore
  readonly rates: Rates
  readonly slots: Slots
  /** What addresses have failed to do. */
  readonly strikes: Strikes
  readonly claims: Claims
  /** The gateway's own tokens, for apps. */
  readonly appTokens: AppTokens
  /** The public keys of the issuers that manifests and settings name. */
  readonly keySets: KeySets
  /** Callers whose tokens this isolate has verified a moment ago. */
  readonly verifiedTokens: VerifiedTokens<VerifiedCaller>
  readonly mailboxes: Mailboxes
  readonly spills: Spills
  readonly payloads: Payloads
  readonly digests: Digests
  readonly archive: Archive
  readonly upstreams: Upstreams
  readonly standings: Standings
  readonly discoveries: Discoveries
  /** The memory that all requests of this isolate share for their bodies. */
  readonly bodies: BodyBudget
  readonly health: Health
  /** Lets work go on after the answer, for at most 30 s. Only the work of this request may be handed over. */
  readonly background: (work: Promise<unknown>) => void
}

export interface Clock {
  now(): Date
}

/** One line of JSON per event. Fields are facts, never secrets or payloads. */
export interface Log {
  write(level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void
}

/** Counting across isolates: deltas gather in memory and are flushed to one meter per app. */
export interface Counters {
  /** @param app an app of the registry, or `-` for what belongs to none */
  count(app: string, name: CounterName, labels?: Readonly<Record<string, string>>, by?: number): void
  /** Counts a time into its bucket; see `bucketsMs`. */
  observe(app: string, name: HistogramName, labels: Readonly<Record<string, string>>, ms: number): void
  /** The sums over all isolates, as far as they have been flushed. */
  sums(): Promise<CounterSums>
  /** When anything of an app was last counted and flushed. */
  lastSeen(app: string): Promise<Date | undefined>
  /** When one series of an app last grew and was flushed. */
  lastCounted(app: string, name: CounterName, labels: Readonly<Record<string, string>>): Promise<Date | undefined>
}

export type CounterName =
  | 'hooks_requests_total'
  | 'api_requests_total'
  | 'api_retries_total'
  | 'upstream_changes_total'
  | 'standing_unheard_total'
  | 'egress_requests_total'
  | 'egress_bytes_total'
  | 'egress_scrubbed_total'
  | 'egress_microdollars_total'
  | 'policy_verdicts_total'
  | 'stage_milliseconds_total'
  | 'key_set_fetches_total'
  | 'webhook_secret_matches_total'
  | 'filter_errors_total'
  | 'rate_decisions_total'
  | 'rate_store_away_total'
  | 'replayed_bytes_total'
  | 'spills_total'
  | 'deliveries_total'
  | 'delivery_outcome_unknown_total'
  | 'dead_letters_total'
  | 'breaker_changes_total'
  | 'owner_notices_total'
  | 'switchboard_away_total'
  | 'audit_lost_total'
  | 'masked_values_total'
  | 'secret_uses_total'

/** Times in ms, by bucket. */
export type HistogramName = 'api_request_milliseconds' | 'api_upstream_milliseconds'

/** How the upstreams of apps stand, over all isolates, as far as this one has heard. */
export interface Standings {
  /**
   * How long an upstream is still to be left alone; 0: a request may go. Once that time is over, one request
   * of each isolate goes ahead as a probe, and the rest waits for what becomes of it.
   */
  waitMs(entry: Entry, upstream: string): number
  /** Whether the canary of this manifest was called off; waits at most 300 ms for an answer. Never throws. */
  isCalledOff(entry: Entry): Promise<boolean>
  /** Learns what became of one request; waits only where that may change how the upstream stands. Never throws. */
  note(entry: Entry, upstream: string, isFailure: boolean): Promise<void>
  /** Takes one retry from the budget, if there is one and the upstream is not to be left alone. */
  takeRetry(entry: Entry, upstream: string): boolean
}

export interface CounterSums {
  readonly series: readonly {
    readonly app: string
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
  }[]
  /** Seconds since the meter that was flushed longest ago heard of anything. */
  readonly ageSeconds: number
}

export interface Registry {
  /** From this isolate's memory wherever possible. */
  find(app: string): Promise<Lookup>
  /** Whether an entry of the app is in this isolate's memory, so that asking for it costs nothing. */
  remembers(app: string): boolean
}

export type Lookup =
  | { readonly kind: 'found'; readonly entry: Entry }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'invalid'; readonly detail: string }

/** The registry's storage, unparsed. */
export interface RegistryStore {
  pointer(app: string): Promise<unknown>
  revision(app: string, digest: string): Promise<unknown>
  /** The app that a workload belongs to, by its digest; `undefined` when none is known. */
  workload(digest: string): Promise<string | undefined>
  /** Writes in the order given; a reader may see the first items without the last. */
  write(items: readonly RegistryItem[]): Promise<void>
  /** The fleet rules, unparsed. */
  fleet(): Promise<unknown>
  /** The apps there are, by name, with what their pointers say of themselves. */
  apps(page: { readonly limit: number; readonly cursor?: string }): Promise<AppPage>
  /** The digests of the revisions of an app that are kept, in no order. */
  revisions(app: string): Promise<readonly string[]>
}

export interface AppPage {
  readonly apps: readonly string[]
  readonly cursor?: string
}

/** Whether apps may be used; decided by an operator, in force everywhere within 5 s. */
export interface Switches {
  /** @throws Fault `overloaded` when nothing is known and nobody can be asked */
  find(app: string): Promise<Standing>
}

/** Where operators' changes are made, so that every isolate hears of them. */
export interface Switchboard {
  turn(app: string, turn: Turn): Promise<Spread>
  /** Makes a publication known, which KV already holds. `behind` names the sequence that is in force already. */
  publish(publication: Publication): Promise<Spread | { readonly behind: number }>
  /** Makes every isolate read again what it remembers of an app. */
  renew(app: string): Promise<Spread>
  /** `pointer`: what was published here lately, which KV may not show yet. */
  find(app: string): Promise<{ readonly turn?: Turn; readonly sequence: number; readonly pointer?: Pointer }>
}

/** Who did what, in chains that cannot be changed without being noticed. */
export interface Audit {
  /** Resolves once it is on disk; what cannot be recorded is counted and logged, and does not throw. */
  record(fact: AuditFact): Promise<void>
  /** Many facts of one app at once. */
  recordAll(app: string, facts: readonly AuditFact[]): Promise<void>
  /** Counts what comes with every request; one record per app and type says it later. */
  tally(app: string, type: AuditType, what: Readonly<Record<string, unknown>>, by: number): void
  /** @param app `undefined`: the chain of the fleet */
  list(app: string | undefined, page: { readonly before?: number; readonly limit: number }): Promise<AuditRecord[]>
  verify(app: string | undefined): Promise<ChainVerdict>
}

/** The replicas that had not confirmed a change when it was answered; they are told again until they do. */
export interface Spread {
  readonly lacking: readonly string[]
}

/** Sealed secrets as they are stored. Nobody gets a value back from here. */
export interface SecretStore {
  put(app: string, name: string, sealed: SealedSecret): Promise<Spread>
  get(app: string, name: string): Promise<SealedSecret | undefined>
  /** @param app `undefined`: of all apps */
  list(app: string | undefined, cursor?: string): Promise<SealedPage>
}

export interface SealedPage {
  readonly items: readonly (Pick<SealedSecret, 'sealedAt' | 'sealedBy' | 'kek'> & {
    readonly app: string
    readonly name: string
  })[]
  readonly cursor?: string
}

export interface Secrets {
  /** The secret of an app by its name; `undefined` when the name resolves to nothing. */
  find(app: string, name: string): Promise<Secret | undefined>
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
  /** Events of all mailboxes of an app, newest first, older than the event `before`. */
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
  /** Events of an app with their bytes, mailbox by mailbox, oldest first; without `next` there are no more. */
  contents(
    app: string,
    page: { readonly limit: number; readonly after?: string },
  ): Promise<{ readonly events: readonly StoredEvent[]; readonly next?: string }>
  /** Removes every trace of these events, all of one mailbox, whatever their state. */
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
  remove(eventIds: readonly string[]): Promise<void>
  /** The ids under which bodies lie that were written before a moment, page by page. */
  writtenBefore(moment: Date): AsyncIterable<readonly string[]>
}

/** Digests of bytes that pass by, and are held nowhere. */
export interface Digests {
  /** SHA-256 of what is written until the stream is closed; `digest` rejects if it is aborted. */
  sha256(): { readonly stream: WritableStream<Uint8Array>; readonly digest: Promise<Uint8Array> }
}

export interface Archive {
  /** Keeps a dead letter for good: what happened, and the bytes. Writing it twice is the same as once. */
  keep(letter: DeadLetter, dead: ArchivedEvent): Promise<void>
  remove(eventIds: readonly string[]): Promise<void>
}

export interface Upstreams {
  fetch(url: string, request: RequestInit): Promise<Response>
}

export interface Health {
  /** The names of bindings that do not answer; empty when the gateway is ready. */
  failing(): Promise<string[]>
}
