import { importJWK } from 'jose'
import * as z from 'zod'
import { type Algorithm, algorithmRow } from './algorithms.ts'

/** A public key as an issuer publishes it (RFC 7517); private members and secrets are not even read. */
const PublicJwk = z.object({
  kty: z.string(),
  kid: z.string().max(1024).optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
  alg: z.string().optional(),
  crv: z.string().optional(),
  x: z.string().max(1024).optional(),
  y: z.string().max(1024).optional(),
  n: z.string().max(2048).optional(),
  e: z.string().max(16).optional(),
})

export type PublicJwk = z.infer<typeof PublicJwk>

/** Keys that one set may hold. */
const maxKeys = 100

/** An issuer's key set. A key of a form that we do not know is passed over: it may be for other readers. */
export const PublishedKeys = z.object({
  keys: z
    .array(z.unknown())
    .max(maxKeys)
    .transform(keys => keys.flatMap(key => PublicJwk.safeParse(key).data ?? [])),
})

/** The keys of one issuer, each opened at its first use. */
export class KeySet {
  readonly jwks: readonly PublicJwk[]
  readonly #opened: Map<string, CryptoKey>

  /** @param before a set whose opened keys are kept where the new set has the same ones, so that a key stays itself */
  constructor(jwks: readonly PublicJwk[], before?: KeySet) {
    this.jwks = jwks
    const still = new Set(jwks.map(nameOf))
    const kept = [...(before?.opened ?? [])].filter(([name]) => still.has(name.slice(name.indexOf(' ') + 1)))
    this.#opened = new Map(kept)
  }

  get opened(): ReadonlyMap<string, CryptoKey> {
    return this.#opened
  }

  /**
   * The key with which a token says that it was signed. Without a `kid` there must be a single key that fits.
   *
   * @returns `undefined` when there is none, or one that cannot be used
   */
  async find(kid: string | undefined, algorithm: Algorithm): Promise<CryptoKey | undefined> {
    const jwk = this.#fitting(kid, algorithm)
    if (!jwk) return undefined
    const name = `${algorithm} ${nameOf(jwk)}`
    const known = this.#opened.get(name)
    if (known) return known
    try {
      const key = await importJWK({ ...jwk, alg: algorithm } as Parameters<typeof importJWK>[0], algorithm)
      if (key instanceof Uint8Array) return undefined
      this.#opened.set(name, key)
      return key
    } catch {
      return undefined
    }
  }

  /** Whether a key that `find` returned is still one of the set. */
  holds(key: CryptoKey): boolean {
    for (const opened of this.#opened.values()) if (opened === key) return true
    return false
  }

  #fitting(kid: string | undefined, algorithm: Algorithm): PublicJwk | undefined {
    const fitting = this.jwks.filter(jwk => (kid === undefined || jwk.kid === kid) && fits(jwk, algorithm))
    return kid === undefined && fitting.length > 1 ? undefined : fitting[0]
  }
}

function fits(jwk: PublicJwk, algorithm: Algorithm): boolean {
  const { kty, crv } = algorithmRow(algorithm)
  const isNamed = jwk.alg === undefined || jwk.alg === algorithm || (algorithm === 'EdDSA' && jwk.alg === 'Ed25519')
  return (
    jwk.kty === kty &&
    (crv === undefined || jwk.crv === crv) &&
    isNamed &&
    (jwk.use === undefined || jwk.use === 'sig') &&
    (jwk.key_ops === undefined || jwk.key_ops.includes('verify'))
  )
}

function nameOf(jwk: PublicJwk): string {
  return JSON.stringify(jwk)
}
