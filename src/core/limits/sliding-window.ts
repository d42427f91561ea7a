import { type Ask, type Grant, restOfSecondMs, unitsFor } from './rate-rule.ts'

/**
 * Parts into which a window is cut. A part counts in full until the whole window has passed since its end,
 * so a steady caller gets 50/51 of the limit, and no stretch of the window's length ever holds more than all of it.
 */
const slices = 50

/**
 * A sliding window. Units count from when they are granted until a window after the last moment at which
 * they may be used: leases end with their slice. Pure: time comes in.
 */
export class SlidingWindow {
  readonly #limit: number
  readonly #sliceMs: number
  readonly #taken: Map<number, number>

  /** @param saved what `saved` gave, in order to go on from there */
  constructor(limit: number, windowSeconds: number, saved: readonly (readonly [number, number])[] = []) {
    this.#limit = limit
    this.#sliceMs = (windowSeconds * 1000) / slices
    this.#taken = new Map(saved)
  }

  take(ask: Ask, nowMs: number): Grant {
    const slice = Math.floor(nowMs / this.#sliceMs)
    this.#forgetBefore(slice - slices)
    const free = this.#limit - this.#sum()
    const units = unitsFor(ask, free, this.#limit)
    if (units > 0) this.#taken.set(slice, (this.#taken.get(slice) ?? 0) + units)
    const sliceEndMs = (slice + 1) * this.#sliceMs - nowMs
    return {
      units,
      remaining: Math.max(0, free - units),
      leaseMs: Math.min(sliceEndMs, restOfSecondMs(nowMs)),
      resetMs: this.#freeInMs(units > 0 ? 1 : ask.least - free, nowMs),
      mark: slice,
    }
  }

  /** Takes back units that were granted and not used. */
  back(units: number, mark: number): void {
    const taken = this.#taken.get(mark)
    if (taken !== undefined) this.#taken.set(mark, Math.max(0, taken - units))
  }

  saved(): [number, number][] {
    return [...this.#taken]
  }

  /** The moment from which nothing taken counts any more. */
  emptyAtMs(): number {
    return Math.max(0, ...[...this.#taken.keys()].map(slice => (slice + 1 + slices) * this.#sliceMs))
  }

  /** Until so many units more are free; slices were taken in the order of time. */
  #freeInMs(units: number, nowMs: number): number {
    let missing = units
    let last = nowMs
    for (const [slice, taken] of this.#taken) {
      if (taken === 0) continue
      last = (slice + 1 + slices) * this.#sliceMs
      missing -= taken
      if (missing <= 0) break
    }
    return Math.max(0, last - nowMs)
  }

  #sum(): number {
    let sum = 0
    for (const taken of this.#taken.values()) sum += taken
    return sum
  }

  #forgetBefore(oldest: number): void {
    for (const slice of this.#taken.keys()) if (slice < oldest) this.#taken.delete(slice)
  }
}
