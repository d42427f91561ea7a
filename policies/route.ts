import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'

/** Gateways a request may have passed before; the next hop would make a circle likely. */
const maxHops = 4

/** Settles which source a webhook is for, and that it may be pushed this way. */
export const route: Policy = {
  name: 'route',
  isMandatory: true,

  before(exchange) {
    const { webhooks } = settled(exchange, 'entry').manifest.spec
    const source = Object.hasOwn(webhooks, exchange.source) ? webhooks[exchange.source] : undefined
    const scheme = source && schemeOf(source)
    if (!source || !scheme) return deny('source-unknown', `no source ${exchange.source}`)
    if (exchange.method !== 'POST') return deny('method-denied', `${exchange.method} on a hook`, { allow: 'POST' })
    const hops = Number(/^\d{1,3}$/.exec(exchange.headers.get('gatehouse-hops') ?? '')?.[0] ?? 0)
    if (hops > maxHops) return deny('loop-detected', `${hops} hops`)
    return pass({ webhook: { source, scheme, hops } })
  },
}
