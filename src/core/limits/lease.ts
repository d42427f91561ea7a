import type { Ask, Grant, RateRule } from './rate-rule.ts'

/** Most units that an isolate asks for at once, however busy it is. */
const maxAsk = 1_000_000

/** Units on their way back to the store. */
export interface Unused {
  readonly units: number
  /** As the grant said. */
  readonly mark: number
}

/**
 * One isolate's part of one allowance: units that a store has granted, until their time is over. It never
 * hands out more than was granted. Pure: time comes in.
 */
export class Lease {
  #units = 0
  #endMs = 0
  #mark = 0
  #used = 0
  #want = 1
  #isAskedForAll = false
  #remaining = 0
  #unclaimed = 0
  #resetAtMs = 0
  #heardAtMs = Number.NEGATIVE_INFINITY
  #refusedUnits = 0
  #refusedUntilMs = 0

  /** Takes units from the lease, or none and says so. */
  take(units: number, nowMs: number): boolean {
    if (nowMs >= this.#endMs || this.#units < units) return false
    this.#units -= units
    this.#used += units
    return true
  }

  /**
   * What to ask the store for. One request at a time asks for what the next ones will need; others that
   * wait beside it ask for themselves alone.
   *
   * @returns also whether this one asks for all; it must say so when it has its answer
   */
  ask(least: number): Ask & { readonly isForAll: boolean } {
    const isForAll = !this.#isAskedForAll
    this.#isAskedForAll = true
    return { least, most: isForAll ? Math.max(least, this.#want) : least, isForAll }
  }

  /**
   * Takes in what the store said.
   *
   * @param sentAtMs when it was asked: the store's time cannot have begun later
   * @param usedUnits what the request that asked uses of the grant itself, as it came within the lease's time
   * @returns units that nobody can use any more
   */
  grant(grant: Grant, sentAtMs: number, usedUnits: number, isForAll: boolean): Unused | undefined {
    if (isForAll) this.#isAskedForAll = false
    this.#remaining = grant.remaining
    this.#unclaimed = grant.remaining
    this.#resetAtMs = sentAtMs + grant.resetMs
    this.#heardAtMs = sentAtMs
    if (grant.units === 0) return undefined
    const isRunning = sentAtMs < this.#endMs && grant.mark === this.#mark
    const ended = isRunning ? undefined : this.end()
    if (isRunning) this.#want = Math.min(maxAsk, Math.max(this.#want, this.#used * 2))
    else {
      this.#want = Math.min(maxAsk, Math.max(1, Math.ceil(this.#used * 1.25)))
      this.#used = 0
    }
    const endMs = sentAtMs + grant.leaseMs
    this.#endMs = isRunning ? Math.min(this.#endMs, endMs) : endMs
    this.#mark = grant.mark
    this.#units += grant.units - usedUnits
    this.#used += usedUnits
    this.#refusedUntilMs = 0
    return ended
  }

  /** The store did not answer in time. */
  unanswered(isForAll: boolean): void {
    if (isForAll) this.#isAskedForAll = false
  }

  /** Puts back what was just taken, where its time is not over; says whether there is something to return later. */
  putBack(units: number, nowMs: number): boolean {
    if (nowMs >= this.#endMs) return false
    this.#units += units
    this.#used -= units
    return true
  }

  /** Ends the lease and hands over what was not used of it. */
  end(): Unused | undefined {
    const unused = this.#units > 0 ? { units: this.#units, mark: this.#mark } : undefined
    this.#remaining += this.#units
    this.#units = 0
    this.#endMs = 0
    return unused
  }

  /** Until a moment the store has fewer units than these, so asking would be in vain. */
  refuse(units: number, untilMs: number): void {
    this.#refusedUnits = units
    this.#refusedUntilMs = untilMs
  }

  isRefused(units: number, nowMs: number): boolean {
    return nowMs < this.#refusedUntilMs && units >= this.#refusedUnits
  }

  get endMs(): number {
    return this.#endMs
  }

  get units(): number {
    return this.#units
  }

  /** Units left for everyone, as far as is known here. */
  get remaining(): number {
    return this.#remaining + this.#units
  }

  /** Units that nobody held, here neither, when the store was last heard. */
  get unclaimed(): number {
    return this.#unclaimed
  }

  /** How the allowance stands, as far as what was heard of it is of the window that runs now. */
  recall(rule: RateRule, nowMs: number): { readonly remaining: number; readonly resetMs: number } | undefined {
    const endMs = rule.kind === 'calendar' ? this.#resetAtMs : this.#heardAtMs + rule.windowSeconds * 1000
    return nowMs < endMs ? { remaining: this.remaining, resetMs: this.resetMs(nowMs) } : undefined
  }

  resetMs(nowMs: number): number {
    return Math.max(0, this.#resetAtMs - nowMs)
  }
}
