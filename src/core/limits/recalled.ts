import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { quotasMet, ratesMet } from './met.ts'
import { type LimitState, rateHeaders } from './rate-headers.ts'
import { type Limit, stateOf } from './spend.ts'

/**
 * How the limits of a route stand for a request that was refused before it met them: from this isolate's memory, and
 * whole where that knows nothing. Nothing is taken and nobody asked, so that what proves nothing costs nothing. Empty
 * where no route was settled, or nothing limits it.
 */
export function recalledHeaders(
  exchange: Exchange,
  { rates, slots, clock }: Pick<Ports, 'rates' | 'slots' | 'clock'>,
): Record<string, string> {
  if (!exchange.entry || !exchange.api) return {}
  const { limits, policies } = exchange.entry.manifest.spec
  const isOff = (policy: string) => policies[policy]?.mode === 'off'
  const nowMs = clock.now().getTime()
  const recalled = ({ name, rule, counter }: Limit): LimitState =>
    stateOf(name, rule, rates.recall(counter, rule) ?? { remaining: rule.limit }, nowMs)
  const { concurrency } = limits
  return rateHeaders([
    ...(isOff('rateLimit') ? [] : ratesMet(exchange).map(recalled)),
    ...(concurrency === undefined || isOff('concurrency')
      ? []
      : [slotState(concurrency, slots.recall(exchange.app) ?? concurrency)]),
    ...(isOff('quota') ? [] : quotasMet(exchange).map(recalled)),
  ])
}

/** How the requests of an app that may be under way at once stand. */
export function slotState(quota: number, remaining: number): LimitState {
  return { name: 'concurrency', quota, unit: 'concurrent-requests', remaining }
}
