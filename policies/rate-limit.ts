import { rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import { type Limit, spend } from '#core/limits/spend.ts'
import type { Rate } from '#core/manifest/limits-schema.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { sourceField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/**
 * Keeps one caller from spending what is everyone's: so many units in so long, per caller, app or address.
 * A request that one of the limits refuses counts in none of them.
 */
export const rateLimit: Policy = {
  name: 'rateLimit',
  doors: ['hooks', 'apps', 'egress'],
  isMandatory: false,
  field: ratesField,

  async before(exchange, { rates, clock }) {
    const { limits } = settled(exchange, 'entry').manifest.spec
    const { rate } = exchange.webhook?.source.limits ?? limits
    const units = exchange.api?.route.cost ?? 1
    const met = rate.map(each => limitOf(each, exchange))
    const spending = await spend(met, units, limits.onError, { rates, nowMs: clock.now().getTime() })
    if (spending.kind === 'away') return deny('overloaded', `the store of the limit ${spending.by} is away`)
    const states = [...(exchange.limits ?? []), ...spending.states]
    if (spending.kind === 'granted') return pass({ limits: states, replyHeaders: rateHeaders(states) })
    const headers = { ...rateHeaders(states), ...retryAfter(spending.resetMs) }
    return deny('rate-exceeded', `${spending.by} is spent`, headers, `${ratesField(exchange)}[${spending.index}]`)
  },
}

function ratesField(exchange: Exchange): string {
  return exchange.webhook?.source.limits ? sourceField(exchange, 'limits.rate') : 'spec.limits.rate'
}

/** Whose requests are counted together; a source's are never counted with anything else. */
function limitOf({ name, per, algorithm, limit, windowSeconds }: Rate, exchange: Exchange): Limit {
  const { app, webhook, address = '', principal } = exchange
  const who = webhook ? `source ${webhook.name}` : principal && `caller ${principal.issuer} ${principal.subject}`
  const subject = { caller: who ?? `ip ${address}`, app: 'app', ip: `ip ${address}` }[per]
  const counter = { app, subject, name: webhook ? `${webhook.name}/${name}` : name }
  return { name, rule: { kind: algorithm, limit, windowSeconds }, counter }
}
