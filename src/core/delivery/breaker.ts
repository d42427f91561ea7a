/** When an upstream counts as down, and for how long it is then left alone. */
export interface BreakerTerms {
  readonly failurePercent: number
  /** Below so many attempts in the window the share says nothing. */
  readonly minRequests: number
  readonly windowSeconds: number
  readonly openSeconds: number
}

/**
 * A circuit breaker over the attempts of one upstream (Nygard, "Release It!"): closed, open when the share
 * of failures in a sliding window is reached, then half-open with one real event, whose outcome closes it
 * or opens it again. Pure: time comes in, nothing goes out.
 */
export class Breaker {
  #openUntilMs: number
  /** The attempt that probes, by a name of its own. */
  #probe: string | undefined
  /** Attempts and failures by second. */
  #seconds = new Map<number, { attempts: number; failures: number }>()

  /** @param openUntilMs where an earlier life of the same breaker stood; 0 for closed */
  constructor(openUntilMs = 0) {
    this.#openUntilMs = openUntilMs
  }

  /** When it opens again for its probe, in ms since 1970; 0 while closed. */
  get openUntilMs(): number {
    return this.#openUntilMs
  }

  /** When the next attempt may start; `undefined` while the probe is under way, since its end decides that. */
  get startsAtMs(): number | undefined {
    return this.#probe !== undefined ? undefined : this.#openUntilMs
  }

  /** How many attempts may start now. */
  allowance(nowMs: number): number {
    if (this.#openUntilMs === 0) return Number.POSITIVE_INFINITY
    return nowMs < this.#openUntilMs || this.#probe !== undefined ? 0 : 1
  }

  /** An attempt has started; in the half-open state it is the probe. */
  started(attempt: string): void {
    if (this.#openUntilMs !== 0) this.#probe = attempt
  }

  /**
   * Learns of an attempt's end. Those that started before the breaker opened may end while it is open; then only
   * the probe decides.
   *
   * @returns `opened` or `closed` when that changed the state
   */
  ended(attempt: string, isFailure: boolean, terms: BreakerTerms, nowMs: number): 'opened' | 'closed' | undefined {
    if (this.#openUntilMs !== 0) return attempt === this.#probe ? this.#probeEnded(isFailure, terms, nowMs) : undefined
    const { attempts, failures } = this.#counted(isFailure, terms, nowMs)
    if (attempts < terms.minRequests || (failures / attempts) * 100 < terms.failurePercent) return undefined
    return this.#open(terms, nowMs)
  }

  /**
   * Nobody has reported how an attempt ended. Of the probe that counts as a failure, or it would never end; of
   * any other it says nothing: whoever made the attempt was lost, not the upstream.
   *
   * @returns `opened` when that opens the breaker again
   */
  lost(attempt: string, terms: BreakerTerms, nowMs: number): 'opened' | 'closed' | undefined {
    return attempt === this.#probe ? this.#probeEnded(true, terms, nowMs) : undefined
  }

  /**
   * An attempt has ended without reaching the upstream, so it says nothing of it.
   *
   * @returns whether another probe may start for it
   */
  abandoned(attempt: string): boolean {
    if (attempt !== this.#probe) return false
    this.#probe = undefined
    return true
  }

  #probeEnded(isFailure: boolean, terms: BreakerTerms, nowMs: number): 'opened' | 'closed' {
    this.#probe = undefined
    if (isFailure) return this.#open(terms, nowMs)
    this.#openUntilMs = 0
    return 'closed'
  }

  #open({ openSeconds }: BreakerTerms, nowMs: number): 'opened' {
    this.#openUntilMs = nowMs + openSeconds * 1000
    this.#seconds.clear()
    return 'opened'
  }

  #counted(isFailure: boolean, { windowSeconds }: BreakerTerms, nowMs: number) {
    const second = Math.floor(nowMs / 1000)
    const own = this.#seconds.get(second) ?? { attempts: 0, failures: 0 }
    this.#seconds.set(second, { attempts: own.attempts + 1, failures: own.failures + (isFailure ? 1 : 0) })
    const sum = { attempts: 0, failures: 0 }
    for (const [at, { attempts, failures }] of this.#seconds) {
      if (at <= second - windowSeconds || at > second) this.#seconds.delete(at)
      else {
        sum.attempts += attempts
        sum.failures += failures
      }
    }
    return sum
  }
}
