import { quotasMet } from '#core/limits/met.ts'
import { withinLimits } from '#core/limits/within-limits.ts'
import type { Policy } from '#core/pipeline/policy.ts'

/** So much in a calendar day or month of UTC, for the app as a whole. */
export const quota: Policy = {
  name: 'quota',
  doors: ['apps'],
  isMandatory: false,
  field: () => 'spec.limits.quota',

  before: (exchange, ports) =>
    withinLimits(quotasMet(exchange), exchange.api?.route.cost ?? 1, exchange, ports, {
      fault: 'quota-exceeded',
      what: 'the quota of a',
      detail: period => `the quota of this ${period} is spent`,
      field: 'spec.limits.quota',
    }),
}
