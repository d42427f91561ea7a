import { budgetLimits } from '#core/egress/budget.ts'
import { rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import { spend } from '#core/limits/spend.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** So many requests, bytes and dollars in a calendar day of UTC, under the rule by which an app goes out. */
export const budget: Policy = {
  name: 'budget',
  doors: ['egress'],
  isMandatory: false,
  field: exchange => wayField(exchange, 'budget'),

  async before(exchange, { rates, clock }) {
    const { app, manifest } = settled(exchange, 'entry')
    const { onError } = manifest.spec.limits
    const limits = exchange.way ? budgetLimits(app, exchange.way.rule) : []
    if (limits.length === 0) return pass()
    const spending = await spend(limits, 1, onError, { rates, nowMs: clock.now().getTime() })
    if (spending.kind === 'away') return deny('overloaded', `the store of the budget ${spending.by} is away`)
    const states = [...(exchange.limits ?? []), ...spending.states]
    if (spending.kind === 'granted') return pass({ limits: states, replyHeaders: rateHeaders(states) })
    return deny('quota-exceeded', `${spending.by} of the rule \`${exchange.way?.rule.to}\` is used up`, {
      ...rateHeaders(states),
      ...retryAfter(spending.resetMs),
    })
  },
}
