import { importJWK, type JWK } from 'jose'
import * as z from 'zod'
import type { Secret } from '#core/secrets/secret.ts'
import { JwksText } from './jwks-text.ts'

/** A private P-256 key as RFC 7518 §6.2.2 writes it: every number is 32 bytes, base64url without padding. */
const Coordinate = z.string().regex(/^[\w-]{43}$/, { error: 'must be 32 bytes as base64url' })

const PrivateKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  kid: z.string().min(1).max(128),
  x: Coordinate,
  y: Coordinate,
  d: Coordinate,
})

/** The variable `SIGNING_KEYS`: one or two private keys, of which the first signs and all are published. */
export const SigningKeys = JwksText.pipe(
  z.object({
    keys: z
      .array(PrivateKey)
      .min(1)
      .max(2, { error: 'holds more than two keys' })
      .refine(keys => new Set(keys.map(({ kid }) => kid)).size === keys.length, { error: 'has the same kid twice' }),
  }),
)

/** With what, and as whom, the gateway signs. */
export interface Signing {
  /** The `iss` of every token that the gateway signs. */
  readonly issuer: string
  /** `SIGNING_KEYS` as it was set. */
  readonly keys: Secret
}

interface SigningKey {
  readonly kid: string
  readonly key: CryptoKey
}

/** The gateway's own keys (ES256), opened at first use and kept for as long as the isolate lives. */
export class TokenKeys {
  readonly #signing: Signing
  #private: SigningKey | undefined
  readonly #public = new Map<string, CryptoKey>()

  constructor(signing: Signing) {
    this.#signing = signing
  }

  get issuer(): string {
    return this.#signing.issuer
  }

  /** The key that signs: the first one. */
  async signing(): Promise<SigningKey> {
    const [first] = this.#jwks()
    if (!first) throw new Error('SIGNING_KEYS was checked at start and is empty now')
    this.#private ??= { kid: first.kid, key: await imported(first) }
    return this.#private
  }

  /** The public key of that name; `undefined` when it is none of ours. */
  async verifying(kid: string): Promise<CryptoKey | undefined> {
    const known = this.#public.get(kid)
    if (known) return known
    const jwk = this.published().find(one => one.kid === kid)
    if (!jwk) return undefined
    const key = await imported(jwk)
    this.#public.set(kid, key)
    return key
  }

  /** What `/.well-known/jwks.json` shows (RFC 7517): the public parts alone. */
  published(): JWK[] {
    return this.#jwks().map(({ kty, crv, kid, x, y }) => ({ kty, crv, kid, x, y, alg: 'ES256', use: 'sig' }))
  }

  #jwks() {
    return SigningKeys.parse(this.#signing.keys.reveal()).keys
  }
}

async function imported(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, 'ES256')
  if (key instanceof Uint8Array) throw new Error('an EC key cannot be a secret')
  return key
}
