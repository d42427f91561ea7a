import type { Discoveries } from '#core/api/discoveries.ts'
import type { AuditFact, AuditRecord, AuditType } from '#core/audit/record.ts'
import type { ChainVerdict } from '#core/audit/verify.ts'
import type { Places } from '#core/egress/places.ts'
import type { PolicyEngine } from '#core/fleet/engine.ts'
import type { Fleet } from '#core/fleet/stored.ts'
import type { Claims } from '#core/idempotency/claim.ts'
import type { AppTokens } from '#core/identity/app-token.ts'
import type { DisownedToken, VerifiedCaller } from '#core/identity/caller.ts'
import type { KeySets } from '#core/identity/key-sets.ts'
import type { VerifiedTokens } from '#core/identity/verified-tokens.ts'
import type { Rates } from '#core/limits/rates.ts'
import type { Slots } from '#core/limits/slots.ts'
import type { Strikes } from '#core/limits/strikes.ts'
import type { Entry } from '#core/manifest/entry.ts'
import type { Rounds } from '#core/owner/rounds.ts'
import type { BodyBudget } from '#core/pipeline/body.ts'
import type { Settings } from '#core/settings/settings.ts'
import type { Shadows } from '#core/shadow/shadows.ts'
import type { CheckStore } from '#core/status/check.ts'
import type { Standing } from '#core/steer/judge.ts'
import type { Archive, Mailboxes, Payloads, Spills } from './ports/mailboxes.ts'
import type { Hosts, Registry, RegistryStore, SecretStore, Secrets, Switchboard, Switches } from './ports/registry.ts'

export type { Archive, Contents, Mailboxes, Payloads, Spills } from './ports/mailboxes.ts'
export type {
  AppPage,
  Hosts,
  Lookup,
  Registry,
  RegistryStore,
  SealedPage,
  SecretStore,
  Secrets,
  Spread,
  Switchboard,
  Switches,
} from './ports/registry.ts'

/** Everything core, policies and routes need of the outside, in our words. `src/platform/ports.ts` provides it. */
export interface Ports {
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly places: Places
  readonly registry: Registry
  readonly hosts: Hosts
  readonly registryStore: RegistryStore
  readonly fleetRules: FleetRules
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
  readonly keySets: Pick<KeySets, 'find' | 'recall' | 'holds' | 'introspectionEndpoint'>
  /** Callers whose tokens this isolate has verified a moment ago. */
  readonly verifiedTokens: VerifiedTokens<VerifiedCaller>
  /** Tokens that their issuers have disowned a moment ago, by the same names. */
  readonly disownedTokens: VerifiedTokens<DisownedToken>
  readonly mailboxes: Mailboxes
  readonly spills: Spills
  readonly payloads: Payloads
  readonly digests: Digests
  readonly archive: Archive
  readonly upstreams: Upstreams
  readonly standings: Standings
  readonly discoveries: Discoveries
  readonly rounds: Rounds
  readonly shadows: Shadows
  readonly checks: CheckStore
  /** The memory that all requests of this isolate share for their bodies. */
  readonly bodies: BodyBudget
  readonly health: Health
  /** Lets work go on after the answer, for at most 30 s. Only the work of this request may be handed over. */
  readonly background: (work: Promise<unknown>) => void
}

/** Who judges by the operator's rules. */
export interface FleetRules {
  /** Who judges manifests, given the rules as they stand in storage. */
  atPublish(fleet: Fleet): readonly PolicyEngine[]
  /**
   * Who judges requests; empty where no rule is about them. From this isolate's memory wherever possible.
   *
   * @throws Fault `entry-invalid` when there are rules, and none that can be used
   */
  atRequest(): readonly PolicyEngine[] | Promise<readonly PolicyEngine[]>
}

export interface Clock {
  now(): Date
}

/** One line of JSON per event. Fields are facts, never secrets or payloads. */
export interface Log {
  /** @param shared more fields of the line, in objects that come again with other lines and never change: what they are written as may be remembered */
  write(
    level: 'info' | 'warn' | 'error',
    event: string,
    fields: Readonly<Record<string, unknown>>,
    shared?: readonly Readonly<Record<string, unknown>>[],
  ): void
}

/** Counting across isolates: deltas gather in memory and are flushed to one meter per app. */
export interface Counters {
  /** @param app an app of the registry, or `-` for what belongs to none */
  count(app: string, name: CounterName, labels?: Readonly<Record<string, string>>, by?: number): void
  /** Counts one in each of several series. A frozen list that comes again costs no more than one series. */
  countEach(app: string, name: CounterName, labels: readonly Readonly<Record<string, string>>[]): void
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
  | 'egress_unpriced_total'
  | 'policy_verdicts_total'
  | 'stage_milliseconds_total'
  | 'token_verifications_total'
  | 'key_set_fetches_total'
  | 'webhook_secret_matches_total'
  | 'filter_errors_total'
  | 'fleet_rule_findings_total'
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
  | 'masking_residue_total'
  | 'guard_verdicts_total'
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
  note(entry: Entry, upstream: string, isFailure: boolean): Promise<void> | undefined
  /** How they stand by all that isolates have told; asks, and changes nothing. */
  kept(app: string): Promise<Standing>
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

/** Who did what, in chains that cannot be changed without being noticed. */
export interface Audit {
  /** Resolves once it is on disk; what cannot be recorded is counted and logged, and does not throw. */
  record(fact: AuditFact): Promise<void>
  /** Many facts of one app at once. */
  recordAll(app: string, facts: readonly AuditFact[]): Promise<void>
  /** Counts what comes with every request; one record per app and type says it later. */
  tally(app: string, type: AuditType, what: Readonly<Record<string, unknown>>, by: number): void
  /** Keeps the record of one request until many make one link of the app's chain; see `src/platform/audit/batches.ts`. */
  gather(app: string, type: AuditType, record: Readonly<Record<string, unknown>>): void
  /** @param app `undefined`: the chain of the fleet */
  list(app: string | undefined, page: { readonly before?: number; readonly limit: number }): Promise<AuditRecord[]>
  verify(app: string | undefined): Promise<ChainVerdict>
}

/** Digests of bytes that pass by, and are held nowhere. */
export interface Digests {
  /** SHA-256 of what is written until the stream is closed; `digest` rejects if it is aborted. */
  sha256(): { readonly stream: WritableStream<Uint8Array>; readonly digest: Promise<Uint8Array> }
}

export interface Upstreams {
  fetch(url: string, request: RequestInit): Promise<Response>
}

export interface Health {
  /** The names of bindings that do not answer; empty when the gateway is ready. */
  failing(): Promise<string[]>
}
