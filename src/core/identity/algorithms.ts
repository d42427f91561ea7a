interface AlgorithmRow {
  readonly kty: 'EC' | 'RSA' | 'OKP'
  /** The curve, where the algorithm has only one. */
  readonly crv?: string
}

/** The signature algorithms an issuer may use (RFC 7518 §3.1, RFC 8037), with the keys they go with: asymmetric all. */
export const algorithms = {
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
} as const satisfies Record<string, AlgorithmRow>

export type Algorithm = keyof typeof algorithms

export const algorithmNames = Object.keys(algorithms) as [Algorithm, ...Algorithm[]]

export function algorithmRow(name: Algorithm): AlgorithmRow {
  return algorithms[name]
}

export function isAlgorithm(name: unknown): name is Algorithm {
  return typeof name === 'string' && Object.hasOwn(algorithms, name)
}
