import type { RateRule } from '#core/limits/rate-rule.ts'
import { leasedRates, type RateStore, type Rates } from '#core/limits/rates.ts'

export interface Isolate extends Rates {
  /** What was counted, as `app name labels`. */
  readonly counted: string[]
  /** What goes on after the answers. */
  readonly background: Promise<unknown>[]
}

/** The limits as an isolate of its own sees them: it shares nothing with others but the store. */
export function isolateOn(store: RateStore, clock = { now: () => new Date() }): Isolate {
  const counted: string[] = []
  const background: Promise<unknown>[] = []
  const rates = leasedRates(
    store,
    clock,
    { count: (app, name, labels) => void counted.push(`${app} ${name} ${JSON.stringify(labels)}`) },
    { write: () => {} },
    work => void background.push(work),
  )
  return { ...rates, counted, background }
}

/**
 * Takes one unit after the other, over so many connections of each isolate at once, until each connection
 * was refused twice, and again after a second if not all was had; returns how many were granted. A store
 * that is slow to answer is asked again.
 */
export async function hammer(
  isolates: readonly Rates[],
  connections: number,
  app: string,
  rule: RateRule,
): Promise<number> {
  let granted = 0
  const connection = async (one: Rates) => {
    for (let refused = 0; refused < 2; ) {
      const { kind } = await one.take({ app, subject: 'caller a', name: 'burst' }, rule, 1, 'closed')
      if (kind === 'granted') granted += 1
      if (kind === 'refused') refused += 1
      if (kind === 'away') await new Promise(resolve => setTimeout(resolve, 200))
    }
  }
  // what lies unused in a lease is free again once its second is over
  for (let round = 0; round < 4 && granted < rule.limit; round++) {
    if (round > 0) await new Promise(resolve => setTimeout(resolve, 1_100))
    await Promise.all(isolates.flatMap(one => Array.from({ length: connections }, () => connection(one))))
  }
  return granted
}
