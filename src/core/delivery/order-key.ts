import { encode, utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import { atPointer } from '#core/json-pointer.ts'
import type { WebhookSource } from '#core/manifest/webhook-schema.ts'
import { derivedKey } from '#core/secrets/derived-key.ts'
import type { Secret } from '#core/secrets/secret.ts'

/**
 * The order key of an event, sealed: HMAC-SHA256 under a key of the app's own (HKDF, RFC 5869, from the
 * key-encryption key), cut to 128 bits. Equal keys of one source are equal, and nobody reads a customer's
 * number out of a mailbox.
 *
 * @returns `undefined` when the source is not ordered, or the event names no key: it keeps no order then
 * @throws Fault `secret-missing` when the gateway has no key-encryption key
 */
export async function sealedOrderKey(
  { orderBy }: Pick<WebhookSource, 'orderBy'>,
  { app, source }: { readonly app: string; readonly source: string },
  headers: Headers,
  body: () => unknown,
  keyEncryptionKey: Secret | undefined,
): Promise<string | undefined> {
  if (orderBy === undefined) return undefined
  const value = typeof orderBy === 'string' ? atPointer(body(), orderBy) : headers.get(orderBy.header)
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  if (!keyEncryptionKey) throw new Fault('secret-missing', 'GATEWAY_KEK is not set, and an order key must be sealed')
  const raw = await derivedKey(keyEncryptionKey, 'order key', app, 32)
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const seal = await crypto.subtle.sign('HMAC', key, utf8Bytes(JSON.stringify([source, value])))
  return encode(new Uint8Array(seal, 0, 16), 'hex')
}
