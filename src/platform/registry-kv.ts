import { keys } from '#core/keys.ts'
import type { RegistryStore } from '#core/ports.ts'

/** The registry in KV: eventually consistent, cached by Cloudflare for 30 s, which is why changes take that long. */
export function kvRegistry(registry: KVNamespace): RegistryStore {
  const read = async (key: string): Promise<unknown> => {
    const text = await registry.get(key, { cacheTtl: 30 })
    return text === null ? undefined : parsed(text)
  }
  return {
    pointer: app => read(keys.pointer(app)),
    revision: (app, digest) => read(keys.revision(app, digest)),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
