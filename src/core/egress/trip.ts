import type { EgressRule } from '#core/manifest/egress-schema.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Ending } from './answer-stream.ts'
import { UsageReader } from './cost/usage.ts'

/** One request to one URL, under the rule that it matched: the app's own, or one that a redirect asked for. */
export interface Leg {
  readonly exchange: Exchange
  readonly rule: EgressRule | undefined
  /** Reads what the answer says that it cost, where the rule counts that. */
  readonly usage: UsageReader | undefined
  /** Absent while there is no answer. */
  status?: number
  answerBytes: number
  /** Nobody was reached, so nobody can have used anything. */
  isUnsent?: boolean
}

/** How the last answer ended. */
export interface Arrival {
  readonly ending: Ending
  readonly answerBytes: number
  readonly scrubbed: number
}

/** All that one request of an app led to, redirects included. */
export class Trip {
  readonly legs: Leg[] = []
  readonly #arrival = Promise.withResolvers<Arrival>()

  /** To be awaited only once there is an answer. */
  get arrived(): Promise<Arrival> {
    return this.#arrival.promise
  }

  begin(exchange: Exchange): Leg {
    const rule = exchange.way?.rule
    const usage = rule?.budget.usdPerDay === undefined ? undefined : new UsageReader()
    const leg: Leg = { exchange, rule, usage, answerBytes: 0 }
    this.legs.push(leg)
    return leg
  }

  end(leg: Leg, arrival: Arrival): void {
    leg.answerBytes = arrival.answerBytes
    this.#arrival.resolve(arrival)
  }
}
