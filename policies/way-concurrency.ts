import { rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { concurrency } from './concurrency.ts'

/** A slot may come free at any moment, so a refused app is told to wait no longer than this. */
const retryAfterMs = 1_000

/** At most so many requests under way at once by the rule by which an app goes out; answers that stream are under way. */
export const wayConcurrency: Policy = {
  ...concurrency,
  doors: ['egress'],
  field: exchange => wayField(exchange, 'concurrency'),

  async before(exchange, { slots }) {
    const { app, manifest } = settled(exchange, 'entry')
    const { way } = exchange
    const limit = way?.rule.concurrency
    if (!way || limit === undefined) return pass()
    const entering = await slots.enter(`${app} egress ${way.matched.index}`, limit, manifest.spec.limits.onError)
    if (entering.kind === 'away') return deny('overloaded', 'the store of the slots is away')
    const remaining = entering.kind === 'entered' ? entering.free : 0
    const state = { name: 'rule-concurrency', quota: limit, unit: 'concurrent-requests', remaining } as const
    const states = [...(exchange.limits ?? []), state]
    if (entering.kind === 'entered')
      return pass({ limits: states, replyHeaders: rateHeaders(states), leave: entering.leave })
    return deny('concurrency-exceeded', `${limit} are under way by the rule \`${way.rule.to}\``, {
      ...rateHeaders(states),
      ...retryAfter(retryAfterMs),
    })
  },
}
