import { settled } from '#core/pipeline/exchange.ts'
import { routeField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** Sets the cap that every later read of the body obeys, and gives the isolate its memory back at the end. */
export const bodySize: Policy = {
  name: 'bodySize',
  isMandatory: true,
  field: exchange =>
    exchange.api?.route.bodyBytes === undefined ? 'spec.limits.bodyBytes' : routeField(exchange, 'bodyBytes'),

  before(exchange) {
    const { limits } = settled(exchange, 'entry').manifest.spec
    const bodyBytes = exchange.api?.route.bodyBytes ?? limits.bodyBytes
    const { statedBytes } = exchange.body
    if (statedBytes !== undefined && statedBytes > bodyBytes) {
      return deny('body-too-large', `content-length ${statedBytes}, cap ${bodyBytes}`)
    }
    exchange.body.capAt(bodyBytes)
    return pass()
  },

  after({ body }) {
    body.release()
  },
}
