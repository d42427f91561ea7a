import { decode, utf8Bytes } from '#core/encoding.ts'
import type { Secret } from '#core/secrets/secret.ts'
import type { Scheme } from './scheme.ts'

const hashes = { 'hmac-sha1': 'SHA-1', 'hmac-sha256': 'SHA-256', 'hmac-sha512': 'SHA-512' } as const

/** Keys already imported, for as long as their secret is in memory: importing costs as much as signing. */
const imported = new WeakMap<Secret, Map<string, CryptoKey>>()

/**
 * The HMAC key that a scheme makes of a secret's text; `undefined` when the text is not what the scheme
 * takes (Standard Webhooks: base64 after `whsec_`), or is empty.
 */
export async function hmacKey(
  secret: Secret,
  scheme: Pick<Scheme, 'algorithm' | 'secret'>,
): Promise<CryptoKey | undefined> {
  const known = imported.get(secret) ?? new Map<string, CryptoKey>()
  const use = `${scheme.algorithm} ${scheme.secret}`
  const key = known.get(use) ?? (await importKey(secret, scheme))
  if (key) imported.set(secret, known.set(use, key))
  return key
}

/** The same key as bytes, for whoever computes the code piece by piece. */
export function hmacKeyBytes(secret: Secret, scheme: Pick<Scheme, 'secret'>): Uint8Array<ArrayBuffer> | undefined {
  const text = secret.reveal()
  const bytes = scheme.secret === 'utf8' ? utf8Bytes(text) : decode(text.replace(/^whsec_/, ''), 'base64')
  return bytes?.length ? bytes : undefined
}

function importKey(secret: Secret, scheme: Pick<Scheme, 'algorithm' | 'secret'>): Promise<CryptoKey> | undefined {
  const bytes = hmacKeyBytes(secret, scheme)
  if (!bytes) return undefined
  const algorithm = { name: 'HMAC', hash: hashes[scheme.algorithm] }
  return crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign', 'verify'])
}
