import { Breaker } from './breaker.ts'
import type { DeliveryTerms, Outcome, Settlement } from './event.ts'
import { TokenBucket } from './token-bucket.ts'

/**
 * Retries may be this share of first attempts, and this many a second on top, saved up to a burst: an app
 * that struggles is not struck down by what it failed before. A retry that succeeds costs nothing, so that
 * what has gathered drains as fast as a mended app takes it.
 */
export const retryShare = 0.2
const retriesPerSecond = 1
const retryBurst = 20

/** What may start now. */
export interface Allowance {
  readonly attempts: number
  /** Of these, how many may be retries. */
  readonly retries: number
}

/** An attempt as it starts. */
export interface Start {
  readonly eventId: string
  readonly attempt: number
  readonly isRetry: boolean
  readonly nowMs: number
}

export type BreakerChange = 'opened' | 'closed' | 'freed'

/**
 * How hard one app may be pressed: the rate of each source, the breaker of its upstream, and the budget of
 * its retries. It lives in the app's mailbox, which alone starts attempts; after a restart rates and
 * budget are full again, the breaker stands where it stood.
 */
export class Pressure {
  readonly breaker: Breaker
  readonly #retries: TokenBucket
  readonly #rates = new Map<string, { readonly perSecond: number; readonly bucket: TokenBucket }>()

  constructor(nowMs: number, openUntilMs: number) {
    this.breaker = new Breaker(openUntilMs)
    this.#retries = new TokenBucket(retriesPerSecond, retryBurst, nowMs)
  }

  allowance(source: string, terms: DeliveryTerms, nowMs: number): Allowance {
    const rate = this.#rateOf(source, terms, nowMs)?.available(nowMs) ?? Number.POSITIVE_INFINITY
    return { attempts: Math.min(rate, this.breaker.allowance(nowMs)), retries: this.#retries.available(nowMs) }
  }

  started(source: string, terms: DeliveryTerms, { eventId, attempt, isRetry, nowMs }: Start): void {
    this.#rateOf(source, terms, nowMs)?.take(1)
    if (isRetry) this.#retries.take(1)
    else this.#retries.add(retryShare)
    if (terms.breaker) this.breaker.started(nameOf(eventId, attempt))
  }

  /** A retry has arrived: what it cost comes back. */
  retrySucceeded(): void {
    this.#retries.add(1)
  }

  /** @returns `opened` or `closed` when the breaker changed its state, `freed` when its probe came to nothing */
  ended({ eventId, attempt, outcome }: Settlement, terms: DeliveryTerms, nowMs: number): BreakerChange | undefined {
    if (outcome.kind === 'held') return this.abandoned(eventId, attempt) ? 'freed' : undefined
    return terms.breaker && this.breaker.ended(nameOf(eventId, attempt), isDown(outcome), terms.breaker, nowMs)
  }

  /** Nobody has reported how an attempt ended. @returns as `ended` */
  lost(eventId: string, attempt: number, terms: DeliveryTerms, nowMs: number): BreakerChange | undefined {
    return terms.breaker && this.breaker.lost(nameOf(eventId, attempt), terms.breaker, nowMs)
  }

  /** Nobody will tell how an attempt ended, or it says nothing. @returns whether another probe may start for it */
  abandoned(eventId: string, attempt: number): boolean {
    return this.breaker.abandoned(nameOf(eventId, attempt))
  }

  /** The earliest moment at which an attempt of a source may start; `undefined` while that hangs on a probe. */
  earliestMs(source: string, terms: DeliveryTerms, nowMs: number): number | undefined {
    const rate = this.#rateOf(source, terms, nowMs)?.nextAtMs(nowMs) ?? 0
    const { startsAtMs } = this.breaker
    return startsAtMs === undefined ? undefined : Math.max(rate, startsAtMs)
  }

  /** The earliest moment at which a retry may start, as far as the budget goes. */
  earliestRetryMs(nowMs: number): number {
    return this.#retries.nextAtMs(nowMs)
  }

  #rateOf(source: string, { perSecond }: DeliveryTerms, nowMs: number): TokenBucket | undefined {
    if (perSecond === undefined) return undefined
    const known = this.#rates.get(source)
    if (known?.perSecond === perSecond) return known.bucket
    const bucket = new TokenBucket(perSecond, Math.max(1, perSecond / 10), nowMs)
    this.#rates.set(source, { perSecond, bucket })
    return bucket
  }
}

function nameOf(eventId: string, attempt: number): string {
  return `${eventId} ${attempt}`
}

/** A breaker's failure: 500 and above, unreachable, or out of time. What the app refuses, it is up to refuse. */
function isDown(outcome: Outcome): boolean {
  return outcome.kind === 'failed' || (outcome.kind === 'answered' && outcome.status >= 500)
}
