import type { Lookup, RegistryStore } from '#core/ports.ts'
import { within } from '#core/within.ts'
import { type Entry, openRevision, Pointer } from './entry.ts'
import { withMostShards } from './succession.ts'
import type { PointerTrust } from './trust.ts'

/** How long a read may take before the last good entry serves instead. */
const readTimeoutMs = 2_000

/** What reading an app gave, and the sequence that it was read at. */
export interface Found {
  readonly lookup: Lookup
  readonly sequence: number
}

type Store = Pick<RegistryStore, 'newest' | 'revision'>

/**
 * Reads an entry from storage and checks all of it again: form, trust, digest, manifest. Never throws.
 *
 * @param last what was read before; revisions are immutable, so one whose digest is still in force is not read again
 * @param raise told of a sequence that is higher than the highest known, where none can be made up
 */
export async function lookUp(
  app: string,
  store: Store,
  trust: PointerTrust,
  last?: Found,
  raise: (app: string, sequence: number) => void = () => {},
): Promise<Found> {
  const invalid = (detail: string): Found => ({ lookup: { kind: 'invalid', detail }, sequence: 0 })
  try {
    const { pointer: stored, highest } = await within(readTimeoutMs, store.newest(app))
    if (stored === undefined) return { lookup: { kind: 'unknown' }, sequence: 0 }
    const pointer = Pointer.safeParse(stored)
    if (!pointer.success) return invalid(`pointer of ${app} is malformed`)
    const { digest, expiresAt, publishedAt, sequence } = pointer.data
    const fault = await trust.fault(app, pointer.data, last ? Math.max(last.sequence, highest ?? 0) : highest)
    if (fault) return invalid(`pointer of ${app} ${fault}`)

    const entry = last?.lookup.kind === 'found' && last.lookup.entry.digest === digest ? last.lookup.entry : undefined
    const written =
      entry?.manifest ?? (await openRevision(app, digest, await within(readTimeoutMs, store.revision(app, digest))))
    if (typeof written === 'string') return invalid(written)
    if (trust.learnsSequences && highest !== undefined && sequence > highest) raise(app, sequence)
    const manifest = withMostShards(written, pointer.data)
    const found: Entry = { app, digest, manifest, expiresAt: new Date(expiresAt), publishedAt: new Date(publishedAt) }
    return { lookup: { kind: 'found', entry: found }, sequence }
  } catch (error) {
    return invalid(`the registry could not be read: ${error}`)
  }
}
