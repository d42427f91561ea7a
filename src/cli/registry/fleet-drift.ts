import { fleetItem } from '#core/fleet/stored.ts'
import type { RegistryItem } from '#core/manifest/publish.ts'
import { type DeclaredFleet, readFleet } from './fleet.ts'
import { fleetFolder } from './folder.ts'
import { digestIn, type InForce } from './in-force.ts'

/** The rules of a folder that are not those in force. */
export interface FleetDrift {
  readonly declared: DeclaredFleet
  readonly item: RegistryItem
}

/** What is to be written of the fleet rules; nothing where the folder has none, or those in force. */
export async function fleetDrift(folder: string, inForce: InForce): Promise<FleetDrift | undefined> {
  const declared = await readFleet(fleetFolder(folder))
  if (!declared) return undefined
  const { digest, stored } = await inForce.fleet()
  const item = await fleetItem(declared.documents, stored === undefined ? undefined : JSON.parse(stored))
  return digestIn(item.value) === digest ? undefined : { declared, item }
}
