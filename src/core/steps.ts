/**
 * Work that may still be done, in steps. CPU is bounded by counting, never by a clock: on Workers the
 * clock stands still while code runs.
 */
export class Steps {
  #left: number

  constructor(limit: number) {
    this.#left = limit
  }

  get areSpent(): boolean {
    return this.#left < 0
  }

  /** @throws OutOfSteps once more has been spent than there was */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new OutOfSteps()
  }
}

/** Thrown by whoever counts; whoever set the limit catches it. */
export class OutOfSteps extends Error {
  override readonly name = 'OutOfSteps'
}
