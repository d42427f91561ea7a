import { endOfLifeHeaders } from '#core/api/end-of-life.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** Every app has an end of life; past it nothing goes in or out until its owner renews it. Its callers are told before. */
export const expiry: Policy = {
  name: 'expiry',
  isMandatory: true,
  field: ({ entry }) => `spec.lifecycle.${entry?.manifest.spec.lifecycle.expiresAt ? 'expiresAt' : 'ttlDays'}`,

  before(exchange, { clock }) {
    const { expiresAt } = settled(exchange, 'entry')
    const now = clock.now()
    if (now >= expiresAt) return deny('app-expired', `expired at ${expiresAt.toISOString()}`)
    return pass(exchange.door === 'apps' ? { replyHeaders: endOfLifeHeaders(expiresAt, now) } : {})
  },
}
