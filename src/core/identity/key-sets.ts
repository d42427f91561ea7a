import * as z from 'zod'
import { BoundedMap } from '#core/bounded-map.ts'
import { later } from '#core/later.ts'
import { onceFor } from '#core/once.ts'
import type { Clock, Counters, Log } from '#core/ports.ts'
import { within } from '#core/within.ts'
import type { Algorithm } from './algorithms.ts'
import type { Discovered, KeySource } from './discovery.ts'
import { KeySet, PublishedKeys } from './key-set.ts'
import { MissingKeys } from './missing-keys.ts'

/** For how long keys are used without asking, unless the issuer's `max-age` says another time between the two bounds. */
const freshSeconds = { byDefault: 300, atLeast: 60, atMost: 600 }
/** Past this age a request waits while the issuer is asked; until then it is asked in the background. */
const waitSeconds = 1_200
/** While the issuer cannot be reached, known keys serve until this age. */
const staleSeconds = 86_400
/** After a failure the issuer is left alone for so long: shorter while no key is known at all. */
const cooldownMs = { withKeys: 30_000, withNone: 3_000 }
/** How long a request with usable keys waits for newer ones; the asking itself goes on behind it. */
const patienceMs = 2_000
/** A request that finds another of its isolate asking waits for what that one gets, at most so long. */
const companyMs = 6_000
/** Issuers remembered at most; beyond it the one first heard of is forgotten. */
const maxIssuers = 1_000

/** Where key sets outlive an isolate. */
export interface KeySetStore {
  get(source: KeySource): Promise<unknown>
  put(source: KeySource, value: unknown, lifetimeSeconds: number): Promise<void>
}

export type KeyLookup =
  | { readonly kind: 'key'; readonly key: CryptoKey }
  /** The issuer has no such key. */
  | { readonly kind: 'unknown' }
  /** No key of the issuer is known, and it cannot be reached. */
  | { readonly kind: 'unreachable' }

const Stored = z.object({
  keys: PublishedKeys.shape.keys,
  introspectionEndpoint: z.string().optional(),
  fetchedAtMs: z.number(),
  freshMs: z.number(),
})

interface Known {
  readonly set: KeySet
  readonly introspectionEndpoint: string | undefined
  readonly fetchedAtMs: number
  readonly freshMs: number
}

/** What an isolate knows of one issuer. Values only: a request never waits for another's promise. */
interface Held {
  known: Known | undefined
  /** Set while a request of this isolate asks the issuer. */
  asking: symbol | undefined
  failedAtMs: number
  readonly missing: MissingKeys
}

/** What the key cache needs of the outside. */
export interface KeySetPorts {
  readonly discover: (source: KeySource) => Promise<Discovered>
  readonly store: KeySetStore
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly background: (work: Promise<unknown>) => void
}

/**
 * The keys of all issuers, as this isolate knows them: from memory, then from the store that all isolates
 * share, then from the issuer, which one request of an isolate at a time asks. An issuer that is away takes
 * nobody down for a day: the keys it last published stay.
 */
export class KeySets {
  readonly #ports: KeySetPorts
  readonly #held = new BoundedMap<string, Held>(maxIssuers)

  constructor(ports: KeySetPorts) {
    this.#ports = ports
  }

  /** The key of an issuer with which a token says that it was signed. Never throws. */
  async find(source: KeySource, kid: string | undefined, algorithm: Algorithm): Promise<KeyLookup> {
    const held = this.#of(source)
    const known = await this.#upToDate(source, held)
    if (!known) return { kind: 'unreachable' }
    const key = await known.set.find(kid, algorithm)
    if (key) return { kind: 'key', key }
    const news = kid === undefined ? undefined : await this.#lookedAgain(source, held, kid)
    const late = await news?.set.find(kid, algorithm)
    return late ? { kind: 'key', key: late } : { kind: 'unknown' }
  }

  /** What `find` would say by what is known here or in the store; asks no issuer. `undefined`: the issuer would be asked. */
  async recall(source: KeySource, kid: string | undefined, algorithm: Algorithm): Promise<KeyLookup | undefined> {
    const set = (this.#held.get(nameOf(source))?.known ?? (await this.#stored(source, undefined)))?.set
    const key = await set?.find(kid, algorithm)
    return key && { kind: 'key', key }
  }

  /** Whether a key that `find` gave is still one that its issuer publishes, as far as this isolate knows. */
  holds(source: KeySource, key: CryptoKey): boolean {
    return this.#held.get(nameOf(source))?.known?.set.holds(key) === true
  }

  /** Where the issuer answers about tokens (RFC 7662), if its discovery document says; `undefined` also when it is away. */
  async introspectionEndpoint(source: KeySource): Promise<string | undefined> {
    return (await this.#upToDate(source, this.#of(source)))?.introspectionEndpoint
  }

  #of(source: KeySource): Held {
    const name = nameOf(source)
    const known = this.#held.get(name)
    if (known) return known
    const failedAtMs = Number.NEGATIVE_INFINITY
    const held = { known: undefined, asking: undefined, failedAtMs, missing: new MissingKeys() }
    this.#held.set(name, held)
    return held
  }

  async #upToDate(source: KeySource, held: Held): Promise<Known | undefined> {
    const ageMs = this.#ageMs(held)
    if (held.known && ageMs < staleSeconds * 1000) {
      if (ageMs < held.known.freshMs) return held.known
      if (!this.#mayAsk(held)) return held.known
      const asked = this.#ask(source, held, true)
      if (ageMs >= waitSeconds * 1000) await within(patienceMs, asked).catch(() => {})
      return held.known
    }
    held.known = undefined
    if (held.asking) await this.#companyOf(held)
    else if (this.#mayAsk(held)) await this.#ask(source, held, true)
    return held.known
  }

  /** After a rotation a token may name a key that is newer than what is known. */
  async #lookedAgain(source: KeySource, held: Held, kid: string): Promise<Known | undefined> {
    const before = held.known
    if (held.asking) {
      await this.#companyOf(held)
      if (held.known !== before && held.known?.set.jwks.some(jwk => jwk.kid === kid)) return held.known
    }
    const nowMs = this.#nowMs()
    if (!this.#mayAsk(held) || !held.missing.mayLook(kid, nowMs)) return held.known
    await this.#ask(source, held, false)
    if (!held.known?.set.jwks.some(jwk => jwk.kid === kid)) held.missing.missed(kid, nowMs)
    return held.known
  }

  #mayAsk(held: Held): boolean {
    const pauseMs = held.known ? cooldownMs.withKeys : cooldownMs.withNone
    return !held.asking && this.#nowMs() - held.failedAtMs >= pauseMs
  }

  /** Waits while another request of this isolate asks, without touching its promise. */
  async #companyOf(held: Held): Promise<void> {
    const turn = held.asking
    for (let waitedMs = 0; held.asking === turn && waitedMs < companyMs; waitedMs += 20) await later(20)
    if (held.asking === turn) held.asking = undefined
  }

  /**
   * Asks, and remembers. Goes on in the background when the request that began it is gone. Never throws.
   *
   * @param mayBeStored whether what another isolate got is good enough
   */
  #ask(source: KeySource, held: Held, mayBeStored: boolean): Promise<void> {
    const turn = Symbol()
    held.asking = turn
    const asked = this.#asked(source, held, mayBeStored).finally(() => {
      if (held.asking === turn) held.asking = undefined
    })
    this.#ports.background(asked)
    return asked
  }

  async #asked(source: KeySource, held: Held, mayBeStored: boolean): Promise<void> {
    const { discover, store, log, counters } = this.#ports
    if (mayBeStored) {
      const stored = await this.#stored(source, held.known?.set)
      if (stored && stored.fetchedAtMs > (held.known?.fetchedAtMs ?? 0)) held.known = stored
      if (held.known && this.#ageMs(held) < held.known.freshMs) return
    }
    const { issuer } = source
    try {
      const { keys, introspectionEndpoint, maxAgeSeconds = freshSeconds.byDefault } = await discover(source)
      const { atLeast, atMost } = freshSeconds
      const freshMs = Math.min(Math.max(maxAgeSeconds, atLeast), atMost) * 1000
      const fetchedAtMs = this.#nowMs()
      held.known = { set: new KeySet(keys, held.known?.set), introspectionEndpoint, fetchedAtMs, freshMs }
      held.failedAtMs = Number.NEGATIVE_INFINITY
      counters.count('-', 'key_set_fetches_total', { issuer, result: 'fetched' })
      const kept = store.put(source, { keys, introspectionEndpoint, fetchedAtMs, freshMs }, staleSeconds)
      this.#ports.background(
        kept.catch(error => log.write('warn', 'key-set-unkept', { issuer, detail: String(error) })),
      )
    } catch (error) {
      held.failedAtMs = this.#nowMs()
      counters.count('-', 'key_set_fetches_total', { issuer, result: 'failed' })
      const ageSeconds = held.known && Math.round(this.#ageMs(held) / 1000)
      log.write('warn', 'key-set-unreachable', { issuer, detail: String(error), ageSeconds })
    }
  }

  async #stored(source: KeySource, before: KeySet | undefined): Promise<Known | undefined> {
    try {
      const stored = Stored.safeParse(await within(patienceMs, this.#ports.store.get(source)))
      if (!stored.success || this.#nowMs() - stored.data.fetchedAtMs >= staleSeconds * 1000) return undefined
      const { keys, introspectionEndpoint, fetchedAtMs, freshMs } = stored.data
      return { set: new KeySet(keys, before), introspectionEndpoint, fetchedAtMs, freshMs }
    } catch {
      return undefined
    }
  }

  #ageMs({ known }: Held): number {
    return known ? this.#nowMs() - known.fetchedAtMs : Number.POSITIVE_INFINITY
  }

  #nowMs(): number {
    return this.#ports.clock.now().getTime()
  }
}

/** Names of sources that come again as the same object, as those of a manifest do. */
const nameOf = onceFor(({ issuer, jwksUri = '' }: KeySource) => `${issuer}\n${jwksUri}`)
