import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { upstreamOf } from '#core/steer/upstream.ts'

/** Leaves an upstream alone that is down: callers learn it at once, and the app gets time to come back. */
export const circuitBreaker: Policy = {
  name: 'circuitBreaker',
  doors: ['apps'],
  isMandatory: false,
  field: () => 'spec.breaker',

  before(exchange, { standings }) {
    const { key } = upstreamOf(exchange)
    const waitMs = standings.waitMs(settled(exchange, 'entry'), key)
    if (waitMs === 0) return pass()
    return deny('breaker-open', `${key} is left alone`, { 'retry-after': String(Math.ceil(waitMs / 1000)) })
  },
}
