import { type Ask, type Grant, restOfSecondMs, unitsFor } from './rate-rule.ts'

/** The calendar day or month of UTC in which a moment lies. */
export function periodOf(per: 'day' | 'month', nowMs: number): { readonly startMs: number; readonly endMs: number } {
  const now = new Date(nowMs)
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  return per === 'day'
    ? { startMs: Date.UTC(year, month, day), endMs: Date.UTC(year, month, day + 1) }
    : { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) }
}

/** So much in a calendar day or month of UTC. Pure: time comes in. */
export class CalendarQuota {
  readonly #limit: number
  readonly #per: 'day' | 'month'
  #startMs: number
  #taken: number

  /** @param saved what `saved` gave, in order to go on from there */
  constructor(limit: number, per: 'day' | 'month', saved = { startMs: 0, taken: 0 }) {
    this.#limit = limit
    this.#per = per
    this.#startMs = saved.startMs
    this.#taken = saved.taken
  }

  take(ask: Ask, nowMs: number): Grant {
    const { startMs, endMs } = periodOf(this.#per, nowMs)
    // a clock that goes back does not open the period before again
    if (startMs > this.#startMs) {
      this.#startMs = startMs
      this.#taken = 0
    }
    const free = Math.max(0, this.#limit - this.#taken)
    const units = unitsFor(ask, free, this.#limit)
    this.#taken += units
    return {
      units,
      remaining: free - units,
      leaseMs: Math.min(endMs - nowMs, restOfSecondMs(nowMs)),
      resetMs: endMs - nowMs,
      mark: this.#startMs,
    }
  }

  /** Takes back units that were granted in the period that still runs, and not used. */
  back(units: number, mark: number): void {
    if (mark === this.#startMs) this.#taken = Math.max(0, this.#taken - units)
  }

  saved(): { startMs: number; taken: number } {
    return { startMs: this.#startMs, taken: this.#taken }
  }

  /** The moment from which nothing taken counts any more. */
  emptyAtMs(): number {
    return this.#taken === 0 ? 0 : periodOf(this.#per, this.#startMs).endMs
  }
}
