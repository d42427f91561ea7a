import { writeFile } from 'node:fs/promises'
import type { Miniflare } from 'miniflare'
import { fleetItem, parsedFleet } from '#core/fleet/stored.ts'
import { keys } from '#core/keys.ts'
import { type RegistryItem, registryItems } from '#core/manifest/publish.ts'
import type { Settings } from '#core/settings/settings.ts'
import { pointersFrom } from '../registry/bulk.ts'
import { counting, type Withheld } from '../registry/counting.ts'
import type { Declared } from '../registry/folder.ts'
import { publications } from '../registry/publications.ts'
import { type Sign, signedItems } from '../registry/signer.ts'

/**
 * Publishes a registry folder into a gateway that this process runs; apps that have not changed keep their dates.
 * What the gateway would not follow, since nobody signed it, is left out: what was in force before stays.
 *
 * @param fleet the rules that go with it, if the folder has any
 * @param bulkFile where all of it is left for `gatehouse sign` and `wrangler kv bulk put`
 * @param sign an approver's hand
 * @returns what was left out, and why
 */
export async function publishLocally(
  miniflare: Miniflare,
  declared: readonly Declared[],
  fleet: RegistryItem | undefined,
  bulkFile: string,
  settings: Settings,
  sign?: Sign,
): Promise<readonly Withheld[]> {
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
  const made = registryItems(published, documents && (await fleetItem(documents, before && JSON.parse(before))))
  const items = sign ? (await signedItems(made, sign, false, 'local')).items : made
  await writeFile(bulkFile, JSON.stringify(items, null, 2))
  const kept = await counting(items, settings)
  for (const { key, value, metadata } of kept.items) {
    await registry.put(key, value, metadata ? { metadata } : undefined)
  }
  return kept.withheld
}
