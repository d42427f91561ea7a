import { callerOf } from '#core/identity/caller.ts'
import { challenge } from '#core/identity/challenge.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** One bearer token (RFC 6750 §2.1); a second `Authorization` header would stand behind a comma, and match nothing. */
const oneBearer = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i

/** Only who shows a token of an issuer that the app trusts may use its API, on every route but those of `auth: none`. */
export const bearerToken: Policy = {
  name: 'bearerToken',
  doors: ['apps'],
  isMandatory: true,

  async before(exchange, ports) {
    const { route } = settled(exchange, 'api')
    if (route.auth === 'none') return pass()
    const { app, digest, manifest } = settled(exchange, 'entry')
    const authorization = exchange.headers.get('authorization')
    if (authorization === null) return deny('token-missing', 'no Authorization header', challenge(app, route.scopes))
    const token = oneBearer.exec(authorization)?.[1]
    if (!token)
      return deny('token-invalid', 'not exactly one bearer token', challenge(app, route.scopes, 'invalid_request'))

    const issuers = manifest.spec.api?.issuers ?? []
    const verdict = await callerOf(token, { app, digest, issuers }, ports)
    if (verdict.kind === 'known') return pass({ principal: verdict.caller.principal })
    const { fault, detail } = verdict
    const headers = fault === 'issuer-unreachable' ? {} : challenge(app, route.scopes, 'invalid_token')
    return deny(fault, detail, headers)
  },
}
