import { BoundedMap } from '#core/bounded-map.ts'
/** Requests to one upstream, and those of them that failed. */
export interface Tally {
  readonly attempts: number
  readonly failures: number
}

export const none: Tally = { attempts: 0, failures: 0 }

/** The longest window that a manifest may ask for, and one second begun. */
const maxSeconds = 601

/** What became of the requests of the last seconds. Pure: time comes in. */
export class OutcomeWindow {
  readonly #seconds = new BoundedMap<number, { attempts: number; failures: number }>(maxSeconds)

  add({ attempts, failures }: Tally, nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    const own = this.#seconds.get(second)
    if (own) {
      own.attempts += attempts
      own.failures += failures
      return
    }
    this.#seconds.set(second, { attempts, failures })
  }

  /** The sum over the last seconds; what is older, or of a future that a clock has left again, is forgotten. */
  sum(seconds: number, nowMs: number): Tally {
    const now = Math.floor(nowMs / 1000)
    let sum = none
    for (const [second, { attempts, failures }] of this.#seconds) {
      if (second <= now - seconds || second > now) this.#seconds.delete(second)
      else sum = { attempts: sum.attempts + attempts, failures: sum.failures + failures }
    }
    return sum
  }

  clear(): void {
    this.#seconds.clear()
  }
}

/** The share of failures, 0 to 100. */
export function failurePercent({ attempts, failures }: Tally): number {
  return attempts === 0 ? 0 : (failures / attempts) * 100
}
