import { decode, encode, sha256Hex, utf8Bytes } from '#core/encoding.ts'
import type { KeySource } from '#core/identity/discovery.ts'
import type { KeySetStore } from '#core/identity/key-sets.ts'
import { keys } from '#core/keys.ts'
import { derivedKey } from '#core/secrets/derived-key.ts'
import type { Secret } from '#core/secrets/secret.ts'

interface Kept {
  readonly text: string
  /** HMAC-SHA256 over key and text, as base64. */
  readonly mac: string
}

/**
 * Issuers' public keys in KV, where the isolates of all places find them; KV itself forgets them when they are too
 * old. Whoever has such keys believed may sign any caller's token, so what the gateway did not write is not read.
 */
export function kvKeySets(registry: KVNamespace, keyEncryptionKey: Secret | undefined): KeySetStore {
  if (!keyEncryptionKey) return { get: async () => undefined, put: async () => {} }
  const macKey = async () =>
    crypto.subtle.importKey(
      'raw',
      await derivedKey(keyEncryptionKey, 'key sets', '-', 32),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign', 'verify'],
    )
  return {
    async get(source) {
      const key = await keyOf(source)
      const kept = await registry.get<Kept>(key, { type: 'json', cacheTtl: 30 })
      const mac = typeof kept?.mac === 'string' && decode(kept.mac, 'base64')
      if (!kept || !mac) return undefined
      const isOurs = await crypto.subtle.verify('HMAC', await macKey(), mac, utf8Bytes(`${key} ${kept.text}`))
      return isOurs ? JSON.parse(kept.text) : undefined
    },
    async put(source, value, lifetimeSeconds) {
      const key = await keyOf(source)
      const text = JSON.stringify(value)
      const mac = await crypto.subtle.sign('HMAC', await macKey(), utf8Bytes(`${key} ${text}`))
      const kept: Kept = { text, mac: encode(new Uint8Array(mac), 'base64') }
      await registry.put(key, JSON.stringify(kept), { expirationTtl: lifetimeSeconds })
    },
  }
}

async function keyOf({ issuer, jwksUri }: KeySource): Promise<string> {
  return keys.keySet(await sha256Hex(utf8Bytes(JSON.stringify([issuer, jwksUri ?? null]))))
}
