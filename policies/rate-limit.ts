import { ratesMet } from '#core/limits/met.ts'
import { rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import { spend } from '#core/limits/spend.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { sourceField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/**
 * Keeps one caller from spending what is everyone's: so many units in so long, per caller, app or address.
 * A request that one of the limits refuses counts in none of them.
 */
export const rateLimit: Policy = {
  name: 'rateLimit',
  doors: ['hooks', 'apps', 'egress'],
  isMandatory: false,
  field: ratesField,

  async before(exchange, { rates, clock }) {
    const { limits } = settled(exchange, 'entry').manifest.spec
    const units = exchange.api?.route.cost ?? 1
    const spending = await spend(ratesMet(exchange), units, limits.onError, { rates, nowMs: clock.now().getTime() })
    if (spending.kind === 'away') return deny('overloaded', `the store of the limit ${spending.by} is away`)
    const states = [...(exchange.limits ?? []), ...spending.states]
    if (spending.kind === 'granted') return pass({ limits: states, replyHeaders: rateHeaders(states) })
    const headers = { ...rateHeaders(states), ...retryAfter(spending.resetMs) }
    return deny('rate-exceeded', `${spending.by} is spent`, headers, `${ratesField(exchange)}[${spending.index}]`)
  },
}

function ratesField(exchange: Exchange): string {
  return exchange.webhook?.source.limits ? sourceField(exchange, 'limits.rate') : 'spec.limits.rate'
}
