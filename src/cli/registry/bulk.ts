import { readFile } from 'node:fs/promises'
import { keys } from '#core/keys.ts'
import { Pointer } from '#core/manifest/entry.ts'
import type { Publication } from '#core/manifest/publish.ts'

/** One item of the file that `wrangler kv bulk put` takes. */
export interface BulkItem {
  readonly key: string
  readonly value: string
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * What publishing writes to KV. Revisions come first and pointers last, since a bulk put is not atomic:
 * a pointer never stands before what it points to. Unchanged apps are in it too, so that one file is
 * the whole registry.
 */
export function bulkItems(publications: readonly Publication[]): BulkItem[] {
  const revisions = publications.map(({ app, revision }) => ({
    key: keys.revision(app, revision.digest),
    value: JSON.stringify(revision),
  }))
  const pointers = publications.map(({ app, pointer }) => ({
    key: keys.pointer(app),
    value: JSON.stringify(pointer),
    metadata: { digest: pointer.digest, publishedAt: pointer.publishedAt, expiresAt: pointer.expiresAt },
  }))
  return [...revisions, ...pointers]
}

/** The pointers that an earlier bulk file holds, by app; none when there is no such file. */
export async function pointersInBulk(file: string): Promise<Map<string, Pointer>> {
  const text = await readFile(file, 'utf8').catch(() => '[]')
  const items = JSON.parse(text) as BulkItem[]
  return pointersFrom(items.map(({ key, value }) => [key, value]))
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
