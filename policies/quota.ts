import { quotasMet } from '#core/limits/met.ts'
import { rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import { spend } from '#core/limits/spend.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** So much in a calendar day or month of UTC, for the app as a whole. */
export const quota: Policy = {
  name: 'quota',
  doors: ['apps'],
  isMandatory: false,
  field: () => 'spec.limits.quota',

  async before(exchange, { rates, clock }) {
    const { limits } = settled(exchange, 'entry').manifest.spec
    const units = exchange.api?.route.cost ?? 1
    const spending = await spend(quotasMet(exchange), units, limits.onError, { rates, nowMs: clock.now().getTime() })
    if (spending.kind === 'away') return deny('overloaded', `the store of the quota of a ${spending.by} is away`)
    const states = [...(exchange.limits ?? []), ...spending.states]
    if (spending.kind === 'granted') return pass({ limits: states, replyHeaders: rateHeaders(states) })
    const headers = { ...rateHeaders(states), ...retryAfter(spending.resetMs) }
    const detail = `the quota of this ${spending.by} is spent`
    return deny('quota-exceeded', detail, headers, `spec.limits.quota[${spending.index}]`)
  },
}
