import { rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import { spend } from '#core/limits/spend.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** The rate of the rule by which an app goes out, over all its isolates. */
export const wayRate: Policy = {
  name: 'rateLimit',
  doors: ['egress'],
  isMandatory: false,
  field: exchange => wayField(exchange, 'rate'),

  async before(exchange, { rates, clock }) {
    const { app, manifest } = settled(exchange, 'entry')
    const rule = exchange.way?.rule
    if (!rule?.rate) return pass()
    const { limit, windowSeconds, algorithm } = rule.rate
    const counter = { app, subject: `egress ${rule.to}`, name: 'egress/rate' }
    const limits = [{ name: 'rule', rule: { kind: algorithm, limit, windowSeconds }, counter }]
    const spending = await spend(limits, 1, manifest.spec.limits.onError, { rates, nowMs: clock.now().getTime() })
    if (spending.kind === 'away') return deny('overloaded', 'the store of the rate of a rule is away')
    const states = [...(exchange.limits ?? []), ...spending.states]
    if (spending.kind === 'granted') return pass({ limits: states, replyHeaders: rateHeaders(states) })
    return deny('rate-exceeded', `${limit} in ${windowSeconds} s by the rule \`${rule.to}\` are spent`, {
      ...rateHeaders(states),
      ...retryAfter(spending.resetMs),
    })
  },
}
