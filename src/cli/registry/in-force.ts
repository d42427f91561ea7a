import { keys } from '#core/keys.ts'
import { Pointer } from '#core/manifest/entry.ts'
import type { PointerMetadata, RegistryItem } from '#core/manifest/publish.ts'
import { type AdminOptions, callAdmin } from '../client/admin.ts'
import { bulkItems } from './bulk.ts'
import { listedKeys, type Target, valuesOf } from './wrangler.ts'

/** What a list says of an app in force. */
export type Listed = Partial<PointerMetadata>

/** A registry as far as it is read: what is in force there. */
export interface InForce {
  /** In words, for people. */
  readonly where: string
  /** Every app, by name. */
  list(): Promise<ReadonlyMap<string, Listed>>
  /** The manifests of these revisions as their authors wrote them, by app; what is not there is left out. */
  documents(wanted: readonly { readonly app: string; readonly digest: string }[]): Promise<ReadonlyMap<string, unknown>>
  /** The fleet rules: their digest, and as they are stored, where that is read. */
  fleet(): Promise<{ readonly digest?: string; readonly stored?: string }>
}

/** KV, read with wrangler. */
export function wranglerInForce(target: Target): InForce {
  return {
    where: target.local ? `the registry of ${target.state}` : 'the deployed registry',
    async list() {
      const found = await listedKeys(keys.pointers, target)
      return new Map(found.map(({ name, metadata }) => [name.slice(keys.pointers.length), metadata ?? {}]))
    },
    async documents(wanted) {
      const values = await valuesOf(
        wanted.map(({ app, digest }) => keys.revision(app, digest)),
        target,
      )
      return documentsIn(wanted, key => values.get(key))
    },
    async fleet() {
      return storedFleet((await valuesOf([keys.fleet], target)).get(keys.fleet))
    },
  }
}

/** A running gateway, asked at its admin API. */
export function adminInForce(options: AdminOptions): InForce {
  let fleet: string | undefined
  return {
    where: options.url,
    async list() {
      const found = new Map<string, Listed>()
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
        const page = (await callAdmin(`registry?limit=1000${query}`, options)) as {
          readonly items: readonly ({ readonly app: string } & Listed)[]
          readonly next: string | null
          readonly fleet: string | null
        }
        for (const { app, ...about } of page.items) found.set(app, about)
        fleet = page.fleet ?? undefined
        cursor = page.next
      }
      return found
    },
    async documents(wanted) {
      const found = new Map<string, unknown>()
      for (const { app, digest } of wanted) {
        const answer = (await callAdmin(`apps/${app}/revisions/${digest}`, options)) as { readonly manifest: unknown }
        found.set(app, answer.manifest)
      }
      return found
    },
    fleet: async () => (fleet === undefined ? {} : { digest: fleet }),
  }
}

/** A bulk file, as `gatehouse build` wrote it. */
export function bulkInForce(file: string): InForce {
  let items: Promise<ReadonlyMap<string, RegistryItem>> | undefined
  const read = () => {
    items ??= bulkItems(file).then(all => new Map(all.map(item => [item.key, item])))
    return items
  }
  return {
    where: file,
    async list() {
      const found = new Map<string, Listed>()
      for (const [key, { value }] of await read()) {
        const pointer = key.startsWith(keys.pointers) ? Pointer.safeParse(JSON.parse(value)).data : undefined
        if (pointer)
          found.set(key.slice(keys.pointers.length), { ...pointer, sequence: String(pointer.sequence) } as Listed)
      }
      return found
    },
    async documents(wanted) {
      const items = await read()
      return documentsIn(wanted, key => items.get(key)?.value)
    },
    async fleet() {
      return storedFleet((await read()).get(keys.fleet)?.value)
    },
  }
}

function documentsIn(
  wanted: readonly { readonly app: string; readonly digest: string }[],
  stored: (key: string) => string | undefined,
): Map<string, unknown> {
  return new Map(
    wanted.flatMap(({ app, digest }): [string, unknown][] => {
      const value = stored(keys.revision(app, digest))
      return value === undefined ? [] : [[app, (JSON.parse(value) as { readonly manifest?: unknown }).manifest]]
    }),
  )
}

/** The digest that stored fleet rules say they have. */
export function digestIn(text: string): string | undefined {
  return (JSON.parse(text) as { readonly digest?: string }).digest
}

function storedFleet(stored: string | undefined) {
  const digest = stored === undefined ? undefined : digestIn(stored)
  return { ...(digest && { digest }), ...(stored !== undefined && { stored }) }
}
