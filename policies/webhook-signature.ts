import type { FaultCode } from '#core/fault.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { sourceField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import { readClaim } from '#core/webhook/signature-header.ts'
import { verifyClaim } from '#core/webhook/verify.ts'

/** Seconds by which a signed timestamp may be off, both ways, unless the manifest says otherwise. */
const defaultToleranceSeconds = 300

/** Only what the vendor signed is an event. Headers are judged first, so that a body is not read in vain. */
export const webhookSignature: Policy = {
  name: 'webhookSignature',
  doors: ['hooks'],
  isMandatory: true,
  field: exchange => sourceField(exchange, 'secrets'),

  async before(exchange, { clock, secrets, counters }) {
    const { name, source, scheme } = settled(exchange, 'webhook')
    const tolerance = source.toleranceSeconds ?? defaultToleranceSeconds
    const claimed = readClaim(scheme, exchange.headers, clock.now(), tolerance)
    if ('fault' in claimed) return deny(claimed.fault, claimed.detail, {}, fieldOf(claimed.fault, exchange))

    const known = await Promise.all(source.secrets.map(secret => secrets.find(exchange.app, secret)))
    const bytes = await exchange.body.read()
    const verification = await verifyClaim(scheme, claimed.claim, bytes, known)
    if (verification.kind === 'refused') return deny(verification.fault, verification.detail)

    const { secret, signedBytes } = verification
    counters.count(exchange.app, 'webhook_secret_matches_total', { source: name, secret })
    return pass({ verified: { bytes, signedBytes, secret, document: parsedOnce(bytes) } })
  },
}

/** A timestamp is held to the tolerance; what is missing or malformed, to the scheme. */
function fieldOf(fault: FaultCode, exchange: Exchange): string {
  return sourceField(exchange, fault === 'timestamp-outside' ? 'toleranceSeconds' : 'scheme')
}
