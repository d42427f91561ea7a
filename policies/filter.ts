import { compile } from '#core/cel/engine.ts'
import { filterNames } from '#core/manifest/payload-rules.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { sourceField } from '#core/pipeline/fields.ts'
import { drop, type Policy, pass } from '#core/pipeline/policy.ts'
import { handshakeReply } from '#core/webhook/handshake.ts'

/**
 * Lets go of the events that the app does not want, by the source's `when`. Such an event is no fault of
 * the vendor's, so it is dropped, not denied: accepted, deduped and kept, but not delivered. A filter that
 * cannot judge an event lets it through: an event too many can be ignored, a lost one cannot be had back.
 */
export const filter: Policy = {
  name: 'filter',
  doors: ['hooks'],
  isMandatory: false,
  field: exchange => sourceField(exchange, 'when'),

  before(exchange, { counters, log }) {
    const { name, source, scheme } = settled(exchange, 'webhook')
    const { document } = settled(exchange, 'verified')
    if (source.when === undefined || handshakeReply(scheme, document) !== undefined) return pass()

    const compiled = compile(source.when, filterNames)
    if (compiled.kind === 'refused') throw new Error('a filter that was refused at publish is in force')
    const evaluation = compiled.program.evaluate({
      body: document,
      headers: () => Object.fromEntries(exchange.headers),
      source: () => name,
    })
    if (evaluation.kind === 'answer') return evaluation.holds ? pass() : drop('`when` is false')

    const { reason, detail } = evaluation
    const { requestId, app } = exchange
    counters.count(app, 'filter_errors_total', { source: name, reason })
    log.write('warn', 'filter-failed', { requestId, app, source: name, reason, detail })
    return pass()
  },
}
