import { later } from './later.ts'

/** Work that a request promises for a while after it. A promise may be cut off with its request: an overdue one is made again. */
export class Promised {
  readonly #afterMs: number
  readonly #background: (work: Promise<unknown>) => void
  readonly #work: () => unknown
  #madeMs = Number.NEGATIVE_INFINITY

  constructor(afterMs: number, background: (work: Promise<unknown>) => void, work: () => unknown) {
    this.#afterMs = afterMs
    this.#background = background
    this.#work = work
  }

  /** Promises the work, unless that is promised already. */
  make(nowMs: number): void {
    if (nowMs - this.#madeMs < 2 * this.#afterMs) return
    this.#madeMs = nowMs
    this.#background(later(this.#afterMs).then(this.#work))
  }

  /** The work is done, or being done: what comes next needs another promise. */
  kept(): void {
    this.#madeMs = Number.NEGATIVE_INFINITY
  }
}
