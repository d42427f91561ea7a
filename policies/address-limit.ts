import { retryAfter } from '#core/limits/rate-headers.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/**
 * Turns away an address that keeps sending an app what proves nothing, before a signature or a token of its
 * costs anything. It counts failures alone: who proves who they are is never slowed by their address.
 */
export const addressLimit: Policy = {
  name: 'addressLimit',
  doors: ['hooks', 'apps'],
  isMandatory: true,

  before(exchange, { strikes }) {
    const { app } = settled(exchange, 'entry')
    const ms = strikes.blockedMs('unproven', app, exchange.address ?? '')
    return ms > 0 ? deny('rate-exceeded', 'too many requests that proved nothing', retryAfter(ms)) : pass()
  },

  after(exchange, { strikes }, answer) {
    if (!isProven(exchange)) strikes.note('unproven', settled(exchange, 'entry').app, exchange.address ?? '')
    return answer
  },
}

/** A request that got far enough to be known for genuine, or that was never asked to be. */
function isProven({ verified, api, principal }: Exchange): boolean {
  return api ? api.route.auth === 'none' || principal !== undefined : verified !== undefined
}
