import { type LimitState, rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import type { Counter, RateRule } from '#core/limits/rate-rule.ts'
import type { Rate } from '#core/manifest/limits-schema.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/**
 * Keeps one caller from spending what is everyone's: so many units in so long, per caller, app or address.
 * A request that one of the limits refuses counts in none of them.
 */
export const rateLimit: Policy = {
  name: 'rateLimit',
  doors: ['hooks', 'apps', 'egress'],
  isMandatory: false,

  async before(exchange, { rates, clock }) {
    const { limits } = settled(exchange, 'entry').manifest.spec
    const rules = exchange.webhook ? exchange.webhook.source.limits.rate : limits.rate
    const units = exchange.api?.route.cost ?? 1
    const states: LimitState[] = []
    const taken: { counter: Counter; rule: RateRule }[] = []
    for (const rate of rules) {
      const { name, limit, windowSeconds, algorithm } = rate
      const rule = { kind: algorithm, limit, windowSeconds }
      const counter = counterOf(rate, exchange)
      const taking = await rates.take(counter, rule, units, limits.onError)
      if (taking.kind !== 'away') states.push({ name, rule, ...taking })
      if (taking.kind === 'granted') {
        taken.push({ counter, rule })
        continue
      }
      for (const earlier of taken) rates.giveBack(earlier.counter, earlier.rule, units)
      if (taking.kind === 'away') return deny('overloaded', `the store of the limit ${name} is away`)
      const headers = { ...rateHeaders(states, clock.now()), ...retryAfter(taking.resetMs) }
      return deny('rate-exceeded', `${name}: ${limit} in ${windowSeconds} s are spent`, headers)
    }
    return pass({ replyHeaders: { ...exchange.replyHeaders, ...rateHeaders(states, clock.now()) } })
  },
}

/** Whose requests are counted together; a source's are never counted with anything else. */
function counterOf({ name, per }: Rate, { app, webhook, address = '', principal }: Exchange): Counter {
  const who = webhook ? `source ${webhook.name}` : principal && `caller ${principal.issuer} ${principal.subject}`
  const subject = { caller: who ?? `ip ${address}`, app: 'app', ip: `ip ${address}` }[per]
  return { app, subject, name: webhook ? `${webhook.name}/${name}` : name }
}
