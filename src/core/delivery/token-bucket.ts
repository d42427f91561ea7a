/** What adding up fractions may lose of a token. */
const rounding = 1e-9

/**
 * A token bucket: so many tokens a second, and at most so many saved up. Pure: time comes in.
 */
export class TokenBucket {
  readonly #perSecond: number
  readonly #capacity: number
  #tokens: number
  #atMs: number

  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#capacity = capacity
    this.#tokens = capacity
    this.#atMs = nowMs
  }

  /** Whole tokens there are now. A clock that goes back adds none. */
  available(nowMs: number): number {
    const gained = (Math.max(0, nowMs - this.#atMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained)
    this.#atMs = nowMs
    return Math.floor(this.#tokens + rounding)
  }

  take(tokens: number): void {
    this.#tokens -= tokens
  }

  /** Tokens earned otherwise than by time passing. */
  add(tokens: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + tokens)
  }

  /** When the next whole token is there, in ms since 1970; `nowMs` if one is. */
  nextAtMs(nowMs: number): number {
    if (this.available(nowMs) >= 1) return nowMs
    return nowMs + Math.ceil(((1 - rounding / 2 - this.#tokens) / this.#perSecond) * 1000)
  }
}
