import { type Ask, type Grant, restOfSecondMs, unitsFor } from './rate-rule.ts'

/** What adding up fractions may lose of a token. */
const rounding = 1e-9

/** A token bucket that hands out leases. Pure: time comes in. */
export class TokenAllowance {
  readonly #limit: number
  readonly #perMs: number
  #tokens: number
  #atMs: number

  /** @param saved what `saved` gave, in order to go on from there */
  constructor(limit: number, windowSeconds: number, nowMs: number, saved?: { tokens: number; atMs: number }) {
    this.#limit = limit
    this.#perMs = limit / (windowSeconds * 1000)
    this.#tokens = Math.min(limit, saved?.tokens ?? limit)
    this.#atMs = saved?.atMs ?? nowMs
  }

  take(ask: Ask, nowMs: number): Grant {
    this.#refill(nowMs)
    const free = Math.floor(this.#tokens + rounding)
    const units = unitsFor(ask, free, this.#limit)
    this.#tokens -= units
    const wanted = units > 0 ? Math.min(this.#limit, Math.floor(this.#tokens + rounding) + 1) : ask.least
    return {
      units,
      remaining: free - units,
      leaseMs: restOfSecondMs(nowMs),
      resetMs: Math.max(0, Math.ceil((wanted - this.#tokens) / this.#perMs - rounding / this.#perMs)),
      mark: 0,
    }
  }

  /** Takes back units that were granted and not used; never more than the bucket holds. */
  back(units: number): void {
    this.#tokens = Math.min(this.#limit, this.#tokens + units)
  }

  saved(): { tokens: number; atMs: number } {
    return { tokens: this.#tokens, atMs: this.#atMs }
  }

  /** The moment at which the bucket is full again. */
  emptyAtMs(): number {
    return this.#atMs + (this.#limit - this.#tokens) / this.#perMs
  }

  /** A clock that goes back adds none. */
  #refill(nowMs: number): void {
    if (nowMs <= this.#atMs) return
    this.#tokens = Math.min(this.#limit, this.#tokens + (nowMs - this.#atMs) * this.#perMs)
    this.#atMs = nowMs
  }
}
