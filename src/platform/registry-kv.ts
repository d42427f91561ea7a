import { keys } from '#core/keys.ts'
import type { PointerMetadata } from '#core/manifest/publish.ts'
import type { RegistryStore } from '#core/ports.ts'

/** What storage alone knows; the switchboard knows what is newest. */
export type StoredRegistry = Omit<RegistryStore, 'newest'>

/** Revisions of one app that are listed at most. */
const maxRevisions = 1_000

/** The registry in KV: eventually consistent, cached by Cloudflare for 30 s; the switchboard makes up for that. */
export function kvRegistry(registry: KVNamespace): StoredRegistry {
  const read = async (key: string): Promise<unknown> => {
    const text = await registry.get(key, { cacheTtl: 30 })
    return text === null ? undefined : parsed(text)
  }
  return {
    pointer: app => read(keys.pointer(app)),
    revision: (app, digest) => read(keys.revision(app, digest)),

    fleet: () => read(keys.fleet),

    async ownerOf(key) {
      return (await registry.get(key, { cacheTtl: 30 })) ?? undefined
    },

    async write(items) {
      for (const { key, value, metadata } of items) await registry.put(key, value, metadata ? { metadata } : undefined)
    },

    remove: app => registry.delete(keys.pointer(app)),

    async apps({ limit, cursor }) {
      const prefix = keys.pointers
      const page = await registry.list<Partial<PointerMetadata>>({ prefix, limit, ...(cursor && { cursor }) })
      const apps = page.keys.map(({ name, metadata }) => ({ app: name.slice(prefix.length), about: metadata ?? {} }))
      return { apps, ...(!page.list_complete && { cursor: page.cursor }) }
    },

    async endings({ limit, cursor }) {
      const page = await registry.list<{ expiresAt: string }>({
        prefix: keys.pointers,
        limit,
        ...(cursor && { cursor }),
      })
      const endings = page.keys.flatMap(({ name, metadata }) =>
        metadata ? [{ app: name.slice(keys.pointers.length), expiresAt: metadata.expiresAt }] : [],
      )
      return { endings, ...(!page.list_complete && { cursor: page.cursor }) }
    },

    async revisions(app) {
      const prefix = keys.revision(app, '')
      const page = await registry.list({ prefix, limit: maxRevisions })
      return page.keys.map(({ name }) => name.slice(prefix.length))
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
