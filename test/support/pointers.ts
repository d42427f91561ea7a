import { env } from 'cloudflare:workers'
import { keys } from '#core/keys.ts'
import { Pointer } from '#core/manifest/entry.ts'

/** Changes the pointer of an app that is published, in the registry alone, with the metadata that lists show. */
export async function putInForce(app: string, change: Partial<Pointer>): Promise<void> {
  const pointer = { ...Pointer.parse(await env.REGISTRY.get(keys.pointer(app), 'json')), ...change }
  const { digest, publishedAt, expiresAt } = pointer
  await env.REGISTRY.put(keys.pointer(app), JSON.stringify(pointer), { metadata: { digest, publishedAt, expiresAt } })
}

/** Takes every app out of the registry, which all test files share, so that one may count on how many there are. */
export async function forgetApps(): Promise<void> {
  for (let cursor: string | undefined, isDone = false; !isDone; ) {
    const page = await env.REGISTRY.list({ prefix: keys.pointers, ...(cursor && { cursor }) })
    await Promise.all(page.keys.map(({ name }) => env.REGISTRY.delete(name)))
    isDone = page.list_complete
    if (!page.list_complete) cursor = page.cursor
  }
}
