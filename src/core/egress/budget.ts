import type { OnError, Rates } from '#core/limits/rates.ts'
import type { Limit } from '#core/limits/spend.ts'
import type { EgressRule } from '#core/manifest/egress-schema.ts'
import type { Ports } from '#core/ports.ts'
import type { Settings } from '#core/settings/settings.ts'
import { type Cost, costOf } from './cost/cost.ts'
import type { Leg } from './trip.ts'

/** Money is counted in millionths of a dollar. */
const microPerUsd = 1_000_000

/** A rule belongs to one manifest, and so to one app. */
const known = new WeakMap<EgressRule, readonly Limit[]>()

/** The budgets of a rule as limits of a calendar day, each with what a request of unknown size takes of it at first. */
export function budgetLimits(app: string, rule: EgressRule): readonly Limit[] {
  const limits = known.get(rule) ?? limitsOf(app, rule)
  known.set(rule, limits)
  return limits
}

function limitsOf(app: string, { to, budget }: EgressRule): Limit[] {
  const { requestsPerDay, bytesPerDay, usdPerDay } = budget
  const limits: Record<string, number | undefined> = {
    requestsPerDay,
    bytesPerDay,
    usdPerDay: usdPerDay === undefined ? undefined : Math.max(1, Math.round(usdPerDay * microPerUsd)),
  }
  return Object.entries(limits).flatMap(([name, limit]) => {
    if (limit === undefined) return []
    const counter = { app, subject: `egress ${to}`, name: `egress/${name}` }
    return [{ name, rule: { kind: 'calendar', limit, per: 'day' } as const, counter }]
  })
}

/** What every leg of a request turned out to use, in the budgets of its rule: bytes both ways, and dollars. */
export async function settle(legs: readonly Leg[], { rates, settings }: Pick<Ports, 'rates' | 'settings'>) {
  for (const leg of legs) {
    const { rule, exchange, answerBytes, isUnsent } = leg
    if (!rule || isUnsent) continue
    const onError = exchange.entry?.manifest.spec.limits.onError ?? 'closed'
    const bytes = exchange.body.seenBytes + answerBytes
    await taken(exchange.app, rule, { bytes, usd: legCost(leg, settings)?.usd ?? 0 }, onError, rates)
  }
}

/** What a leg cost, where its rule counts money. What never got there cost nothing. */
export function legCost(
  { rule, usage, status, answerBytes, isUnsent, exchange }: Leg,
  { modelPrices }: Pick<Settings, 'modelPrices'>,
): Cost | undefined {
  if (!rule || !usage || isUnsent) return undefined
  const requestBytes = exchange.body.seenBytes
  return costOf(rule.budget, usage, { status, requestBytes, answerBytes }, modelPrices ?? {})
}

/**
 * Takes what a request turned out to use, beyond the one unit that it took before it went. More than is left
 * takes all that is left: the next request is then refused. So a budget is exceeded by what is under way at
 * most.
 */
async function taken(
  app: string,
  rule: EgressRule,
  { bytes, usd }: { readonly bytes: number; readonly usd: number },
  onError: OnError,
  rates: Rates,
): Promise<void> {
  const used: Readonly<Record<string, number>> = { bytesPerDay: bytes - 1, usdPerDay: Math.ceil(usd * microPerUsd) - 1 }
  for (const { name, rule: limit, counter } of budgetLimits(app, rule)) {
    let units = used[name] ?? 0
    // what is left may shrink between an answer and the next question
    for (let tries = 0; units > 0 && tries < 3; tries++) {
      const taking = await rates.take(counter, limit, units, onError)
      if (taking.kind !== 'refused') break
      units = Math.min(units, taking.remaining)
    }
  }
}
