import { rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import { slotState } from '#core/limits/recalled.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass, type Verdict } from '#core/pipeline/policy.ts'
import type { Ports } from '#core/ports.ts'

/** A slot may come free at any moment, so a refused caller is told to wait no longer than this. */
const retryAfterMs = 1_000

/**
 * At most so many requests of an app under way at once. A slot is free again when the answer has been read
 * to its end, when the caller goes away, and when there is no answer.
 */
export const concurrency: Policy = {
  name: 'concurrency',
  doors: ['apps'],
  isMandatory: false,
  field: () => 'spec.limits.concurrency',

  before(exchange, ports) {
    const limit = settled(exchange, 'entry').manifest.spec.limits.concurrency
    return limit === undefined ? pass() : entered(exchange, limit, ports)
  },

  after({ leave, gone }, _, answer) {
    if (!leave) return answer
    const left = gone?.()
    if (!answer?.body || answer.status === 101 || left?.aborted) {
      leave()
      return answer
    }
    // an answer that nobody reads on has no end
    left?.addEventListener('abort', leave)
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    answer.body.pipeTo(writable).then(leave, leave)
    return new Response(readable, answer)
  },
}

async function entered(exchange: Exchange, limit: number, { slots }: Ports): Promise<Verdict> {
  const { onError } = settled(exchange, 'entry').manifest.spec.limits
  const entering = await slots.enter(exchange.app, limit, onError)
  if (entering.kind === 'away') return deny('overloaded', 'the store of the slots is away')
  const isIn = entering.kind === 'entered'
  const states = [...(exchange.limits ?? []), slotState(limit, isIn ? entering.free : 0)]
  if (isIn) return pass({ limits: states, replyHeaders: rateHeaders(states), leave: entering.leave })
  return deny('concurrency-exceeded', `${limit} are under way`, { ...rateHeaders(states), ...retryAfter(retryAfterMs) })
}
