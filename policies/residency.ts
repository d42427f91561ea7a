import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { departureRefusal } from '#core/residency/departure.ts'
import { type RegionEvidence, regionOf } from '#core/residency/region-of.ts'
import { regionRefusal } from '#core/residency/upstream.ts'
import { handshakeReply } from '#core/webhook/handshake.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import { whenKnown } from '#core/when-known.ts'

/**
 * Settles in which region a request is handled and kept, before anything of it is stored or sent. What leaves by
 * `/egress` is kept nowhere: its region is the one that the rule names for the outside.
 */
export const residency: Policy = {
  name: 'residency',
  isMandatory: true,
  doors: ['hooks', 'apps', 'egress', 'delivery'],
  field: exchange => (exchange.door === 'egress' ? wayField(exchange, 'region') : 'spec.residency'),

  before(exchange, { settings }) {
    const { spec } = settled(exchange, 'entry').manifest
    if (exchange.door === 'egress') {
      const refusal = exchange.way && departureRefusal(spec, exchange.way.rule)
      return refusal === undefined ? pass() : deny('region-denied', refusal)
    }
    if (exchange.door === 'delivery') {
      const refusal = regionRefusal(spec, settled(exchange, 'region'))
      return refusal === undefined ? pass() : deny('region-denied', refusal)
    }
    if (isHandshake(exchange)) return pass()
    return whenKnown(evidenceOf(exchange, spec.residency?.by?.pointer !== undefined), evidence => {
      const decision = regionOf(spec.residency, evidence, settings.regions)
      return decision.kind === 'settled' ? pass({ region: decision.region }) : deny('region-denied', decision.detail)
    })
  },
}

/** It is answered, and nothing of it is kept. */
function isHandshake({ webhook, verified }: Exchange): boolean {
  return (
    webhook !== undefined && verified !== undefined && handshakeReply(webhook.scheme, verified.document) !== undefined
  )
}

/** At `/hooks` only the signed body counts: a vendor's servers move, and its other headers are anybody's. */
function evidenceOf(exchange: Exchange, readsBody: boolean): RegionEvidence | Promise<RegionEvidence> {
  const { door, verified, principal, headers, origin, body } = exchange
  if (door === 'hooks') return verified ? { document: verified.document } : {}
  const evidence = { headers, ...(principal && { claims: principal.claims }), ...(origin && { origin }) }
  return readsBody ? body.read().then(bytes => ({ ...evidence, document: parsedOnce(bytes) })) : evidence
}
