import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'

/** The hop at which a request has passed gateways so often that it must be going in a circle. */
const hopTooMany = 5

/** Settles which source a webhook is for, and that it may be pushed this way. */
export const route: Policy = {
  name: 'route',
  doors: ['hooks'],
  isMandatory: true,

  before(exchange) {
    const { webhooks } = settled(exchange, 'entry').manifest.spec
    const name = settled(exchange, 'source')
    const source = Object.hasOwn(webhooks, name) ? webhooks[name] : undefined
    const scheme = source && schemeOf(source)
    if (!source || !scheme) return deny('source-unknown', `no source ${name}`)
    if (exchange.method !== 'POST') return deny('method-denied', `${exchange.method} on a hook`, { allow: 'POST' })
    const hops = Number(/^\d+$/.exec(exchange.headers.get('gatehouse-hops') ?? '')?.[0] ?? 0)
    if (hops + 1 >= hopTooMany) return deny('loop-detected', `${hops} hops before this one`)
    return pass({ webhook: { name, source, scheme, hops } })
  },
}
