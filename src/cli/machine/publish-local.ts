import { writeFile } from 'node:fs/promises'
import type { Miniflare } from 'miniflare'
import { fleetItem, parsedFleet } from '#core/fleet/stored.ts'
import { keys } from '#core/keys.ts'
import { type RegistryItem, registryItems } from '#core/manifest/publish.ts'
import { pointersFrom } from '../registry/bulk.ts'
import type { Declared } from '../registry/folder.ts'
import { publications } from '../registry/publications.ts'

/**
 * Publishes a registry folder into a gateway that this process runs; apps that have not changed keep their dates.
 *
 * @param fleet the rules that go with it, if the folder has any
 * @param bulkFile where the same is left for `wrangler kv bulk put`
 */
export async function publishLocally(
  miniflare: Miniflare,
  declared: readonly Declared[],
  fleet: RegistryItem | undefined,
  bulkFile: string,
): Promise<void> {
  const registry = await miniflare.getKVNamespace('REGISTRY', 'gatehouse')
  const pairs = await Promise.all(
    declared.map(async ({ manifest: { metadata } }): Promise<[string, string | null]> => {
      const key = keys.pointer(metadata.name)
      return [key, (await registry.get(key, 'text')) as string | null]
    }),
  )
  const published = await publications(declared, pointersFrom(pairs), { environment: 'local', renew: false })
  const before = (await registry.get(keys.fleet, 'text')) as string | null
  const documents = fleet && parsedFleet(JSON.parse(fleet.value))?.rules
  const items = registryItems(published, documents && (await fleetItem(documents, before && JSON.parse(before))))
  await writeFile(bulkFile, JSON.stringify(items, null, 2))
  for (const { key, value, metadata } of items) {
    await registry.put(key, value, metadata ? { metadata } : undefined)
  }
}
