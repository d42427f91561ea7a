import * as z from 'zod'
import { decode, encode, utf8Bytes } from '#core/encoding.ts'
import { derivedKey } from './derived-key.ts'
import type { Secret } from './secret.ts'

/** A secret's value is at most this long. */
export const maxSecretCharacters = 16_384

/**
 * A secret as it is stored: nobody without the key-encryption key can read it, put it under another app or name, or give
 * it another date.
 */
export const SealedSecret = z.strictObject({
  /** Which key-encryption key seals it. */
  kek: z.string().regex(/^[0-9a-f]{16}$/),
  iv: z.string().max(64),
  ciphertext: z.string().max(32_768),
  sealedAt: z.iso.datetime(),
  sealedBy: z.string().max(256),
})

export type SealedSecret = z.infer<typeof SealedSecret>

/**
 * Seals a value with AES-256-GCM (NIST SP 800-38D) under a key of the app's own, derived from the
 * key-encryption key, with app, name and date as additional data and a random 96-bit nonce.
 */
export async function seal(
  value: string,
  { app, name }: Named,
  keyEncryptionKey: Secret,
  { sealedAt, sealedBy }: Pick<SealedSecret, 'sealedAt' | 'sealedBy'>,
): Promise<SealedSecret> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const key = await sealingKey(keyEncryptionKey, app, 'encrypt')
  const how = { name: 'AES-GCM', iv, additionalData: boundTo(app, name, sealedAt) }
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(how, key, utf8Bytes(value)))
  const kek = await kekId(keyEncryptionKey)
  return { kek, iv: encode(iv, 'base64'), ciphertext: encode(ciphertext, 'base64'), sealedAt, sealedBy }
}

/**
 * Opens what `seal` made.
 *
 * @param keys key-encryption keys; the one that sealed it is among them
 * @returns `undefined` when it was sealed by none of them, for another app or name, or was changed
 */
export async function unseal(
  { kek, iv, ciphertext, sealedAt }: SealedSecret,
  { app, name }: Named,
  keys: readonly Secret[],
): Promise<string | undefined> {
  for (const keyEncryptionKey of keys) {
    if ((await kekId(keyEncryptionKey)) !== kek) continue
    const nonce = decode(iv, 'base64')
    const bytes = decode(ciphertext, 'base64')
    if (!nonce || !bytes) return undefined
    try {
      const key = await sealingKey(keyEncryptionKey, app, 'decrypt')
      const how = { name: 'AES-GCM', iv: nonce, additionalData: boundTo(app, name, sealedAt) }
      return new TextDecoder().decode(await crypto.subtle.decrypt(how, key, bytes))
    } catch {
      return undefined
    }
  }
  return undefined
}

/** Tells key-encryption keys apart, and nothing else of them. */
export async function kekId(keyEncryptionKey: Secret): Promise<string> {
  return encode(await derivedKey(keyEncryptionKey, 'key id', '', 8), 'hex')
}

interface Named {
  readonly app: string
  readonly name: string
}

async function sealingKey(keyEncryptionKey: Secret, app: string, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const raw = await derivedKey(keyEncryptionKey, 'sealed secrets', app, 32)
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [use])
}

function boundTo(...parts: readonly string[]): Uint8Array<ArrayBuffer> {
  return utf8Bytes(JSON.stringify(parts))
}
