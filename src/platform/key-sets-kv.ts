import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import type { KeySource } from '#core/identity/discovery.ts'
import type { KeySetStore } from '#core/identity/key-sets.ts'
import { keys } from '#core/keys.ts'

/** Issuers' public keys in KV, where the isolates of all places find them; KV itself forgets them when they are too old. */
export function kvKeySets(registry: KVNamespace): KeySetStore {
  return {
    get: async source => registry.get(await keyOf(source), { type: 'json', cacheTtl: 30 }),
    put: async (source, value, lifetimeSeconds) =>
      registry.put(await keyOf(source), JSON.stringify(value), { expirationTtl: lifetimeSeconds }),
  }
}

async function keyOf({ issuer, jwksUri }: KeySource): Promise<string> {
  return keys.keySet(await sha256Hex(utf8Bytes(JSON.stringify([issuer, jwksUri ?? null]))))
}
