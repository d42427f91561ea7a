import { hopsOf, isLooping } from '#core/forward/hops.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'

/** Settles which source a webhook is for, and that it may be pushed this way. */
export const route: Policy = {
  name: 'route',
  doors: ['hooks'],
  isMandatory: true,
  field: ({ entry, source = '' }) =>
    entry && Object.hasOwn(entry.manifest.spec.webhooks, source) ? `spec.webhooks.${source}` : 'spec.webhooks',

  before(exchange) {
    const { webhooks } = settled(exchange, 'entry').manifest.spec
    const name = settled(exchange, 'source')
    const source = Object.hasOwn(webhooks, name) ? webhooks[name] : undefined
    const scheme = source && schemeOf(source)
    if (!source || !scheme) return deny('source-unknown', `no source ${name}`)
    if (exchange.method !== 'POST') return deny('method-denied', `${exchange.method} on a hook`, { allow: 'POST' })
    const hops = hopsOf(exchange.headers)
    if (isLooping(hops)) return deny('loop-detected', `${hops} hops before this one`)
    return pass({ webhook: { name, source, scheme, hops } })
  },
}
