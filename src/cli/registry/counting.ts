import { fleetTrust } from '#core/fleet/trust.ts'
import { keys } from '#core/keys.ts'
import { Pointer } from '#core/manifest/entry.ts'
import type { RegistryItem } from '#core/manifest/publish.ts'
import { pointerTrust } from '#core/manifest/trust.ts'
import type { Settings } from '#core/settings/settings.ts'

/** What is not to be written, and why: an app by its name, or the fleet rules. */
export interface Withheld {
  readonly what: string
  readonly reason: string
}

/**
 * Of a registry's items those that a gateway of these settings would follow. Where entries must be signed, an entry that
 * is not would only shut its app, and take from another one what it names too.
 */
export async function counting(
  items: readonly RegistryItem[],
  settings: Pick<Settings, 'environment' | 'isLocal' | 'approvers'>,
): Promise<{ readonly items: readonly RegistryItem[]; readonly withheld: readonly Withheld[] }> {
  const withheld: Withheld[] = []
  const faultOf = async ({ key, value }: RegistryItem) => {
    if (key === keys.fleet) return fleetTrust(settings).fault(JSON.parse(value), 0)
    return pointerTrust(settings).fault(appOf(key), Pointer.parse(JSON.parse(value)), 0)
  }
  for (const item of items) {
    if (item.key !== keys.fleet && !item.key.startsWith(keys.pointers)) continue
    const reason = await faultOf(item)
    if (reason) withheld.push({ what: item.key === keys.fleet ? fleetRules : appOf(item.key), reason })
  }
  const names = new Set(withheld.map(({ what }) => what))
  return { items: items.filter(item => !names.has(ownerOf(item))), withheld }
}

const fleetRules = 'the fleet rules'
const appOf = (pointerKey: string) => pointerKey.slice(keys.pointers.length)

/** Whose an item is: a belonging says it in its value, everything else in its key. */
function ownerOf({ key, value }: RegistryItem): string {
  if (key === keys.fleet) return fleetRules
  const [kind, app = ''] = key.split('/')
  return kind === 'apps' || kind === 'revisions' ? app : value
}
