import { algorithmRow } from '#core/identity/algorithms.ts'
import { KeySet, PublishedKeys } from '#core/identity/key-set.ts'
import { signingAlgorithms } from './signed.ts'

const rows = signingAlgorithms.map(algorithmRow)

/**
 * Reads a JSON Web Key Set of approvers (RFC 7517), each with a key for ES256 or EdDSA.
 *
 * @returns the keys, or what is wrong
 */
export function approversIn(text: string): KeySet | string {
  const keys = PublishedKeys.safeParse(jsonIn(text)).data?.keys ?? []
  if (keys.length === 0) return 'must be a JSON Web Key Set with at least one key'
  const isFitting = (kty: string, crv: string | undefined) => rows.some(row => row.kty === kty && row.crv === crv)
  if (!keys.every(({ kty, crv }) => isFitting(kty, crv)))
    return 'must hold keys for ES256 (EC, P-256) or EdDSA (OKP, Ed25519) only'
  if (/"d"\s*:/.test(text)) return 'must hold public keys only'
  return new KeySet(keys)
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
