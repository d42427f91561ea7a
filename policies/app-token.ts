import { foundTokens } from '#core/egress/token-slots.ts'
import { claimsOurs, verifyAppToken } from '#core/identity/verify-app-token.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** Who asks to go out: the app that a token of the gateway's own names, and nobody else. */
export const appToken: Policy = {
  name: 'appToken',
  doors: ['egress'],
  isMandatory: true,

  async before({ headers }, ports) {
    const { issuer } = ports.appTokens.keys
    const nowMs = ports.clock.now().getTime()
    const [found, other] = foundTokens(headers, text => claimsOurs(text, ports.appTokens, nowMs))
    if (other) return deny('token-invalid', 'two different tokens')
    if (!found) {
      const isNone = !headers.has('authorization') && !headers.has('gatehouse-token')
      return isNone ? deny('token-missing', 'no token') : deny('token-invalid', 'no token that claims to be ours')
    }
    const identity = await verifyAppToken(found.value, ports)
    if (identity.kind === 'refused') return deny(identity.fault, identity.detail)
    const { app, subject, scopes } = identity
    return pass({ app, appToken: found, principal: { issuer: identity.issuer ?? issuer, subject, scopes, claims: {} } })
  },
}
