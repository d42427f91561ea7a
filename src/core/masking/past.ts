import type { Finding } from './detectors/finding.ts'
import { type Kept, kept, type Origin, placeAfter } from './origins.ts'

/** What a text was as it came, and the values that were in it. */
export class Past {
  readonly #from: number
  readonly #values: readonly Finding[]
  readonly #kept: readonly Kept[]

  constructor(origin: Origin, values: readonly Finding[]) {
    this.#from = origin.from
    this.#values = values
    this.#kept = kept(origin)
  }

  /**
   * Whether a piece of what leaves was no value as it came, nor a part of one: all of it that masking left. What only
   * dropping has joined is new.
   *
   * @param start within the part that leaves; below zero where the piece begins before that
   */
  wasNone(start: number, end: number): boolean {
    let last = { end: 0, came: this.#from }
    for (let place = placeAfter(this.#kept, Math.max(start, 0)); ; place++) {
      const one = this.#kept[place]
      if (!one || one.start >= end) return true
      const isJoined = start < one.start && one.start === last.end && one.came !== last.came
      const moved = one.came - one.start
      if (isJoined || this.#hasValue(Math.max(start, one.start) + moved, Math.min(end, one.end) + moved)) return false
      last = { end: one.end, came: one.end + moved }
    }
  }

  #hasValue(start: number, end: number): boolean {
    const next = this.#values[placeAfter(this.#values, start)]
    return next !== undefined && next.start < end
  }
}
