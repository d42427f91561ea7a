import { callerOf } from '#core/identity/caller.ts'
import { type ChallengeError, challenge } from '#core/identity/challenge.ts'
import { boundKey, unproven } from '#core/identity/dpop.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { routeField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { sentHeaders } from '#core/pipeline/sent-headers.ts'
import type { Settings } from '#core/settings/settings.ts'
import { whenKnown } from '#core/when-known.ts'

/** One token (RFC 6750 §2.1, RFC 9449 §7.1); a second `Authorization` header would stand behind a comma, and match nothing. */
const oneToken = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]+=*)$/i

/** Only who shows a token of an issuer that the app trusts may use its API, on every route but those of `auth: none`. */
export const bearerToken: Policy = {
  name: 'bearerToken',
  doors: ['apps'],
  isMandatory: true,
  field: exchange => (exchange.api?.route.auth === 'none' ? routeField(exchange, 'auth') : issuerField(exchange)),

  before(exchange, ports) {
    const { route } = settled(exchange, 'api')
    if (route.auth === 'none') return pass()
    const { app, digest, manifest } = settled(exchange, 'entry')
    const issuers = manifest.spec.api?.issuers ?? []
    const takesProofs = issuers.some(({ dpop }) => dpop !== undefined)
    const wanted = (error?: ChallengeError) => challenge(app, route.scopes, error, takesProofs)

    const authorization = sentHeaders(exchange).get('authorization')
    if (authorization === null) return deny('token-missing', 'no Authorization header', wanted())
    const [, scheme, token] = oneToken.exec(authorization) ?? []
    if (!scheme || !token) return deny('token-invalid', 'not exactly one token', wanted('invalid_request'))

    return whenKnown(callerOf(token, { app, digest, issuers }, ports), verdict => {
      if (verdict.kind === 'refused') {
        const { fault, detail } = verdict
        return deny(fault, detail, fault === 'issuer-unreachable' ? {} : wanted('invalid_token'))
      }
      const { principal, issuer } = verdict.caller
      const thumbprint = boundKey(principal)
      const isProof = scheme.toLowerCase() === 'dpop'
      const misused = misuse(thumbprint !== undefined, isProof, issuer.dpop)
      if (misused) return deny('token-invalid', misused, wanted('invalid_token'))
      if (thumbprint === undefined) return pass({ principal })
      const url = addressOf(exchange, ports.settings)
      const request = { app, proof: exchange.headers.get('dpop'), method: exchange.method, url, token }
      return unproven(request, thumbprint, ports).then(why =>
        why ? deny('token-invalid', why, wanted('invalid_dpop_proof')) : pass({ principal }),
      )
    })
  },
}

/** The issuer of the caller's, once it is known. */
function issuerField({ entry, principal }: Exchange): string {
  const issuers = entry?.manifest.spec.api?.issuers ?? []
  const index = issuers.findIndex(({ issuer }) => issuer === principal?.issuer)
  return index < 0 ? 'spec.api.issuers' : `spec.api.issuers[${index}]`
}

/** A bound token is never taken from whoever merely holds it; a token that is not bound proves nothing. */
function misuse(isBound: boolean, isProof: boolean, dpop: 'optional' | 'required' | undefined): string | undefined {
  if (isBound && dpop === undefined) return 'the token is bound to a key, and the manifest takes no proofs'
  if (isBound !== isProof) return isBound ? 'a bound token came without its proof' : 'the token is bound to no key'
  return !isBound && dpop === 'required' ? 'the token is bound to no key' : undefined
}

/** The request's address as the caller used it. At a host of the app's own only the scheme may have changed on the way. */
function addressOf({ url, host }: Exchange, { publicUrl }: Settings): string {
  if (!publicUrl) return url
  const { origin, protocol } = new URL(url)
  return host === undefined
    ? publicUrl + url.slice(origin.length)
    : new URL(publicUrl).protocol + url.slice(protocol.length)
}
