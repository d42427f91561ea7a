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
    const met = limits.quota.map(({ limit, per }) => ({
      name: per,
      rule: { kind: 'calendar', limit, per } as const,
      counter: { app: exchange.app, subject: 'app', name: `quota/${per}` },
    }))
    const spending = await spend(met, units, limits.onError, { rates, nowMs: clock.now().getTime() })
    if (spending.kind === 'away') return deny('overloaded', `the store of the quota of a ${spending.by} is away`)
    const states = [...(exchange.limits ?? []), ...spending.states]
    if (spending.kind === 'granted') return pass({ limits: states, replyHeaders: rateHeaders(states) })
    const headers = { ...rateHeaders(states), ...retryAfter(spending.resetMs) }
    const detail = `the quota of this ${spending.by} is spent`
    return deny('quota-exceeded', detail, headers, `spec.limits.quota[${spending.index}]`)
  },
}
