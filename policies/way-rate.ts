import { withinLimits } from '#core/limits/within-limits.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { type Policy, pass } from '#core/pipeline/policy.ts'

/** The rate of the rule by which an app goes out, over all its isolates. */
export const wayRate: Policy = {
  name: 'rateLimit',
  doors: ['egress'],
  isMandatory: false,
  field: exchange => wayField(exchange, 'rate'),

  before(exchange, ports) {
    const { app } = settled(exchange, 'entry')
    const rule = exchange.way?.rule
    if (!rule?.rate) return pass()
    const { limit, windowSeconds, algorithm } = rule.rate
    const counter = { app, subject: `egress ${rule.to}`, name: 'egress/rate' }
    const limits = [{ name: 'rule', rule: { kind: algorithm, limit, windowSeconds }, counter }]
    return withinLimits(limits, 1, exchange, ports, {
      fault: 'rate-exceeded',
      what: 'the rate of a',
      detail: () => `${limit} in ${windowSeconds} s by the rule \`${rule.to}\` are spent`,
    })
  },
}
