import { readFile } from 'node:fs/promises'
import { keys } from '#core/keys.ts'
import { Pointer } from '#core/manifest/entry.ts'
import type { RegistryItem } from '#core/manifest/publish.ts'

/** The items of an earlier bulk file; none when there is no such file. */
export async function bulkItems(file: string): Promise<RegistryItem[]> {
  return JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as RegistryItem[]
}

/** The pointers that an earlier bulk file holds, by app; none when there is no such file. */
export async function pointersInBulk(file: string): Promise<Map<string, Pointer>> {
  return pointersFrom((await bulkItems(file)).map(({ key, value }) => [key, value]))
}

/** The fleet rules that an earlier bulk file holds, as they are stored. */
export async function fleetInBulk(file: string): Promise<string | undefined> {
  return (await bulkItems(file)).find(({ key }) => key === keys.fleet)?.value
}

/** Pointers out of key-value pairs; what is no pointer is passed over. */
export function pointersFrom(pairs: Iterable<readonly [string, string | null]>): Map<string, Pointer> {
  const pointers = new Map<string, Pointer>()
  for (const [key, value] of pairs) {
    if (!key.startsWith(keys.pointers) || value === null) continue
    const pointer = Pointer.safeParse(JSON.parse(value))
    if (pointer.success) pointers.set(key.slice(keys.pointers.length), pointer.data)
  }
  return pointers
}
