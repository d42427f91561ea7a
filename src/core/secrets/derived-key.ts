import { BoundedMap } from '#core/bounded-map.ts'
import { decode, utf8Bytes } from '#core/encoding.ts'
import { onceFor } from '#core/once.ts'
import type { Secret } from './secret.ts'

/** Keys remembered at most; past that the oldest is derived again when it is asked for. */
const maxRemembered = 10_000

/** Raw keys already derived, for as long as the key-encryption key is in memory. */
const derivedOf = onceFor((_: Secret) => new BoundedMap<string, Uint8Array<ArrayBuffer>>(maxRemembered))

/**
 * A key of an app's own, by HKDF-SHA256 (RFC 5869) from the key-encryption key. Keys of other apps, purposes
 * or sizes tell nothing of it, and it is the same in every isolate.
 *
 * @param purpose what the key is for, in lower-case words such as `order key`; no two uses may share one
 * @returns the raw key; not to be kept by the caller beyond an import
 */
export async function derivedKey(
  keyEncryptionKey: Secret,
  purpose: string,
  app: string,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const known = derivedOf(keyEncryptionKey)
  const info = `gatehouse ${purpose} ${app}`
  const name = `${bytes} ${info}`
  const key = known.get(name) ?? (await derive(keyEncryptionKey, info, bytes))
  known.set(name, key)
  return key
}

async function derive(keyEncryptionKey: Secret, info: string, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const secret = decode(keyEncryptionKey.reveal(), 'base64') ?? new Uint8Array()
  const root = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8Bytes(info) }
  return new Uint8Array(await crypto.subtle.deriveBits(how, root, bytes * 8))
}
