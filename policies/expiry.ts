import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** Every app has an end of life; past it nothing goes in or out until its owner renews it. */
export const expiry: Policy = {
  name: 'expiry',
  isMandatory: true,

  before(exchange, { clock }) {
    const { expiresAt } = settled(exchange, 'entry')
    return clock.now() < expiresAt ? pass() : deny('app-expired', `expired at ${expiresAt.toISOString()}`)
  },
}
