import { env } from 'cloudflare:workers'
import { keys } from '#core/keys.ts'
import { Pointer } from '#core/manifest/entry.ts'

/** Changes the pointer of an app that is published, in the registry alone, with the metadata that lists show. */
export async function putInForce(app: string, change: Partial<Pointer>): Promise<void> {
  const pointer = { ...Pointer.parse(await env.REGISTRY.get(keys.pointer(app), 'json')), ...change }
  const { digest, publishedAt, expiresAt } = pointer
  await env.REGISTRY.put(keys.pointer(app), JSON.stringify(pointer), { metadata: { digest, publishedAt, expiresAt } })
}
