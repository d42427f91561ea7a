import { boundedText } from '#core/bounded-text.ts'
import { unfetchable } from '#core/egress/fetchable.ts'
import { Fault } from '#core/fault.ts'
import type { Issuer } from '#core/manifest/identity-schema.ts'
import type { Ports } from '#core/ports.ts'
import { principalOf } from './caller-token.ts'
import { maxIssuerBytes } from './discovery.ts'
import { clockSkewSeconds, type Principal } from './principal.ts'

/** An issuer has so long to say what a token is. */
const timeoutMs = 3_000

export type Introspection =
  | { readonly kind: 'active'; readonly principal: Principal; readonly expiresAtMs: number }
  | {
      readonly kind: 'refused'
      readonly fault: 'token-invalid' | 'token-expired' | 'issuer-unreachable'
      readonly detail: string
    }

type Needed = Pick<Ports, 'secrets' | 'upstreams' | 'settings' | 'keySets' | 'clock'>

/**
 * Asks an issuer what a token is (RFC 7662), as the client that the manifest names. What it answers is held to
 * the manifest as a token's own claims are: active, of this issuer, for one of the audiences, not over.
 *
 * @throws Fault `secret-missing` where the client's secret is not in place
 */
export async function introspected(
  token: string,
  app: string,
  issuer: Issuer,
  { secrets, upstreams, settings, keySets, clock }: Needed,
): Promise<Introspection> {
  const { introspection } = issuer
  if (!introspection) return refused('the issuer is not asked what its tokens are')
  const secret = await secrets.find(app, introspection.secret)
  if (!secret) throw new Fault('secret-missing', `${introspection.secret} of ${app}, for introspection`)
  const url = introspection.url ?? (await keySets.introspectionEndpoint(issuer))
  const unsafe = url === undefined ? 'is not known' : unfetchable(url, settings)
  if (url === undefined || unsafe) return refused(`where ${issuer.issuer} introspects ${unsafe}`, 'issuer-unreachable')
  try {
    const basic = `${encodeURIComponent(introspection.clientId)}:${encodeURIComponent(secret.reveal())}`
    const response = await upstreams.fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        accept: 'application/json',
        authorization: `Basic ${btoa(basic)}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
    })
    const text = await boundedText(response, maxIssuerBytes)
    if (response.status !== 200) return refused(`${url} answered ${response.status}`, 'issuer-unreachable')
    return judged(JSON.parse(text), issuer, clock.now().getTime() / 1000)
  } catch (error) {
    return refused(`${url}: ${error}`, 'issuer-unreachable')
  }
}

function judged(answer: unknown, { issuer, audiences }: Issuer, nowSeconds: number): Introspection {
  if (typeof answer !== 'object' || answer === null) return refused('the issuer answered no object')
  const { active, iss, aud, exp, nbf, sub, client_id, ...rest } = answer as Record<string, unknown>
  if (active !== true) return refused('the issuer says that the token is not active')
  if (iss !== undefined && iss !== issuer) return refused('the token is of another issuer')
  const given: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.some(audience => given.includes(audience)))
    return refused('the token is for no audience that is listed')
  if (typeof exp !== 'number') return refused('the issuer does not say when the token ends')
  if (exp <= nowSeconds - clockSkewSeconds) return refused('the token is over', 'token-expired')
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= nowSeconds + clockSkewSeconds))
    return refused('the token is not valid yet')
  const claims = { ...rest, iss: issuer, aud: audiences.filter(one => given.includes(one)), exp }
  const principal = principalOf({ ...claims, sub: (sub ?? client_id) as string }, issuer)
  return principal ? { kind: 'active', principal, expiresAtMs: exp * 1000 } : refused('the token has no subject')
}

function refused(
  detail: string,
  fault: Extract<Introspection, { kind: 'refused' }>['fault'] = 'token-invalid',
): Introspection {
  return { kind: 'refused', fault, detail }
}
