import { SignJWT } from 'jose'
import { localIssuer } from '../../src/core/identity/local-issuer.ts'

/** A key of the tests alone: it signs for no gateway but the one that vitest starts. */
const publicJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'ICKrSXZowK2lr-oyDY94P-uHZbGpUT1M6A8QZDLtuM8',
  y: '9f7-_sxcGjHJaA_a0F8O7R49boTNvB2lptkxgMPFjlo',
  kid: 'tests',
  alg: 'ES256',
  use: 'sig',
}
const privateJwk = { ...publicJwk, d: 'ZHDLppZMorBUgsHsIPipwFsTE0R97_eEw22ryaLogE4' }

/** The variables that make the gateway trust this file's tokens, and an identity provider; vitest.config.ts binds them. */
export const operatorBindings = {
  ADMIN_ISSUER: 'https://operators.idp.example',
  ADMIN_AUDIENCE: 'gatehouse-tests',
  ADMIN_JWKS: JSON.stringify({ keys: [publicJwk] }),
}

export interface TokenWish {
  readonly roles?: readonly string[]
  /** The team of the tests' apps, unless said otherwise. */
  readonly teams?: readonly string[]
  readonly issuer?: string
  readonly audience?: string
  readonly kid?: string
  readonly subject?: string
  /** Seconds from now; negative is in the past. */
  readonly expiresInSeconds?: number
}

/** A token as `npm start` mints it. */
export async function operatorToken(wish: TokenWish = {}): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const jwt = new SignJWT({ roles: wish.roles ?? ['operator'], teams: wish.teams ?? ['tests'] })
    .setProtectedHeader({ alg: 'ES256', kid: wish.kid ?? publicJwk.kid })
    .setIssuer(wish.issuer ?? localIssuer.issuer)
    .setAudience(wish.audience ?? localIssuer.audience)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + (wish.expiresInSeconds ?? 300))
    .setSubject(wish.subject ?? 'olga')
  return jwt.sign(
    await crypto.subtle.importKey('jwk', privateJwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']),
  )
}

/** What a forger can make without the private key: no signature at all, or one by the public key taken for a secret. */
export async function forgedToken(alg: 'none' | 'HS256'): Promise<string> {
  const part = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)))
  const claims = {
    iss: localIssuer.issuer,
    aud: localIssuer.audience,
    sub: 'mallory',
    roles: ['operator'],
    exp: Math.floor(Date.now() / 1000) + 300,
  }
  const input = `${part({ alg, kid: publicJwk.kid })}.${part(claims)}`
  if (alg === 'none') return `${input}.`
  const secret = new TextEncoder().encode(JSON.stringify(publicJwk))
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(input))
  return `${input}.${base64url(new Uint8Array(signature))}`
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
