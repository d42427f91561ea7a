import { budgetLimits } from '#core/egress/budget.ts'
import { withinLimits } from '#core/limits/within-limits.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import type { Policy } from '#core/pipeline/policy.ts'

/** So many requests, bytes and dollars in a calendar day of UTC, under the rule by which an app goes out. */
export const budget: Policy = {
  name: 'budget',
  doors: ['egress'],
  isMandatory: false,
  field: exchange => wayField(exchange, 'budget'),

  before(exchange, ports) {
    const { way } = exchange
    const limits = way ? budgetLimits(settled(exchange, 'entry').app, way.rule) : []
    return withinLimits(limits, 1, exchange, ports, {
      fault: 'quota-exceeded',
      what: 'the budget',
      detail: name => `${name} of the rule \`${way?.rule.to}\` is used up`,
    })
  },
}
