import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { appAt, type Seen } from './upstream.ts'

interface Key {
  readonly jwk: JWK
  readonly privateKey: CryptoKey
}

/** An identity provider in the way of the tests' `fetch`: discovery, keys, and tokens that it signs. */
export interface TestIssuer {
  readonly issuer: string
  /** What it was asked, in order. */
  readonly seen: readonly Seen[]
  /** The keys that it publishes now, the one that signs first. */
  readonly keys: Key[]
  /** How it answers at all; `undefined` is as it should. */
  trouble: ((seen: Seen) => Response | Promise<Response>) | undefined
  /** A good token for `api://shop` and subject `mira`, of 5 minutes, with claims and header replaced; signed by the first key. */
  sign(
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
    key?: CryptoKey,
  ): Promise<string>
  /** Puts a new key first, and says how it is called. */
  rotate(keep?: number): Promise<string>
}

export const audience = 'api://shop'

/** The issuer `https://<name>.idp.example`, ES256. */
export async function issuerAt(name: string): Promise<TestIssuer> {
  const host = `${name}.idp.example`
  const issuer = `https://${host}`
  let made = 0
  const fresh = async (): Promise<Key> => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    return { jwk: { ...(await exportJWK(publicKey)), kid: `${name}-${++made}`, use: 'sig' }, privateKey }
  }
  const keys = [await fresh()]
  const seen = appAt(host, request => provider.trouble?.(request) ?? answer(request))
  const provider: TestIssuer = {
    issuer,
    seen,
    keys,
    trouble: undefined,
    sign: (claims, header, key = keys[0]?.privateKey as CryptoKey) =>
      new SignJWT({ ...goodClaims(issuer), ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: keys[0]?.jwk.kid ?? '', ...header })
        .sign(key),
    async rotate(keep = 0) {
      keys.splice(0, keys.length, await fresh(), ...keys.slice(0, keep))
      return keys[0]?.jwk.kid ?? ''
    },
  }
  return provider

  function answer({ url }: Seen): Response {
    const { pathname } = new URL(url)
    if (pathname === '/.well-known/openid-configuration') return Response.json({ issuer, jwks_uri: `${issuer}/keys` })
    if (pathname === '/keys') return Response.json({ keys: keys.map(({ jwk }) => jwk) })
    return new Response(null, { status: 404 })
  }
}

/** What a token of an issuer says when all is well. */
export function goodClaims(issuer: string): JWTPayload {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    aud: audience,
    sub: 'mira',
    scope: 'places:read orders:write',
    iat: nowSeconds,
    exp: nowSeconds + 300,
  }
}

/** How a manifest declares it. */
export function declared({ issuer }: Pick<TestIssuer, 'issuer'>, more: Readonly<Record<string, unknown>> = {}) {
  return { issuer, audiences: [audience], algorithms: ['ES256', 'RS256'], ...more }
}
