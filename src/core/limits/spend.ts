import { whenKnown } from '#core/when-known.ts'
import { periodOf } from './calendar-quota.ts'
import type { LimitState } from './rate-headers.ts'
import type { Counter, RateRule } from './rate-rule.ts'
import type { OnError, Rates } from './rates.ts'

/** One limit that a request meets: whose units are counted, and under which rule. */
export interface Limit {
  /** As callers learn it; letters, digits and hyphens. */
  readonly name: string
  readonly rule: RateRule
  readonly counter: Counter
}

/** What became of a request that met some limits; `states` are those that were asked. */
export type Spending =
  | { readonly kind: 'granted'; readonly states: readonly LimitState[] }
  | {
      readonly kind: 'refused'
      readonly states: readonly LimitState[]
      readonly by: string
      readonly index: number
      readonly resetMs: number
    }
  /** The store is away, and the limits are closed then. */
  | { readonly kind: 'away'; readonly by: string }

/**
 * Takes units of each of several limits, or of none: what one refuses is given back to those before it. At once where
 * the leases at hand suffice.
 */
export function spend(
  limits: readonly Limit[],
  units: number,
  onError: OnError,
  { rates, nowMs }: { readonly rates: Rates; readonly nowMs: number },
): Spending | Promise<Spending> {
  const states: LimitState[] = []
  return spentFrom(0)

  function spentFrom(index: number): Spending | Promise<Spending> {
    const limit = limits[index]
    if (!limit) return { kind: 'granted', states }
    const { name, rule, counter } = limit
    return whenKnown(rates.take(counter, rule, units, onError), taking => {
      if (taking.kind !== 'away') states.push(stateOf(name, rule, taking, nowMs))
      if (taking.kind === 'granted') return spentFrom(index + 1)
      for (const earlier of limits.slice(0, index)) rates.giveBack(earlier.counter, earlier.rule, units)
      return taking.kind === 'away'
        ? { kind: 'away', by: name }
        : { kind: 'refused', states, by: name, index, resetMs: taking.resetMs }
    })
  }
}

/** How a limit stands, for its caller. */
export function stateOf(
  name: string,
  rule: RateRule,
  { remaining, resetMs }: Pick<LimitState, 'remaining' | 'resetMs'>,
  nowMs: number,
): LimitState {
  const state = { name, quota: rule.limit, windowSeconds: windowSeconds(rule, nowMs), remaining }
  return resetMs === undefined ? state : { ...state, resetMs }
}

function windowSeconds(rule: RateRule, nowMs: number): number {
  if (rule.kind !== 'calendar') return rule.windowSeconds
  const { startMs, endMs } = periodOf(rule.per, nowMs)
  return (endMs - startMs) / 1000
}
