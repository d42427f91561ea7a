import { ratesMet } from '#core/limits/met.ts'
import { withinLimits } from '#core/limits/within-limits.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import { sourceField } from '#core/pipeline/fields.ts'
import type { Policy } from '#core/pipeline/policy.ts'

/**
 * Keeps one caller from spending what is everyone's: so many units in so long, per caller, app or address.
 * A request that one of the limits refuses counts in none of them.
 */
export const rateLimit: Policy = {
  name: 'rateLimit',
  doors: ['hooks', 'apps', 'egress'],
  isMandatory: false,
  field: ratesField,

  before: (exchange, ports) =>
    withinLimits(ratesMet(exchange), exchange.api?.route.cost ?? 1, exchange, ports, {
      fault: 'rate-exceeded',
      what: 'the limit',
      detail: name => `${name} is spent`,
      field: ratesField(exchange),
    }),
}

function ratesField(exchange: Exchange): string {
  return exchange.webhook?.source.limits ? sourceField(exchange, 'limits.rate') : 'spec.limits.rate'
}
