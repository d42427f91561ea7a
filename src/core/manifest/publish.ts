import { keys } from '#core/keys.ts'
import { belongingsOf } from './belongings.ts'
import { digestOf } from './digest.ts'
import type { Pointer, Revision } from './entry.ts'
import type { Manifest } from './schema.ts'
import { mostShards } from './succession.ts'

export interface PublishSetting {
  readonly now: Date
  readonly publishedBy: string
  readonly environment: string
  /** Start the lifetime anew, also where nothing else changed. */
  readonly renew: boolean
  /** The highest sequence this app is known to have had, where its pointer may be missing; 0 by default. */
  readonly sequence?: number
}

export interface Publication {
  readonly app: string
  readonly change: 'new' | 'changed' | 'renewed' | 'unchanged'
  readonly revision: Revision
  readonly pointer: Pointer
  /** The keys of what belongs to the app alone: workloads that act as it, hosts of its own. */
  readonly belongings: readonly string[]
}

/** What a pointer's key says of it in a list, as text: no list then costs a read for each app. */
export type PointerMetadata = Readonly<
  Record<'digest' | 'publishedAt' | 'publishedBy' | 'expiresAt' | 'sequence' | 'environment', string>
>

/** One key of the registry's storage, as `wrangler kv bulk put` takes it. */
export interface RegistryItem {
  readonly key: string
  readonly value: string
  readonly metadata?: Readonly<Record<string, string>>
}

const dayMs = 86_400_000
/** How long an app lives that does not say. */
export const defaultTtlDays = 60

/**
 * What publishing a manifest writes. An unchanged digest keeps its dates; a changed one keeps its end of
 * life too (a shorter one counts), since only `renew`, or an `expiresAt` written out, moves it later.
 *
 * @param document the manifest as its author wrote it; that is what is digested and stored
 * @param previous the pointer in force before, if any
 */
export async function publication(
  manifest: Manifest,
  document: unknown,
  previous: Pointer | undefined,
  { now, publishedBy, environment, renew, sequence = 0 }: PublishSetting,
): Promise<Publication> {
  const { metadata, spec } = manifest
  const digest = await digestOf(document)
  const revision: Revision = { manifest: document, digest, schemaVersion: 1 }
  const app = metadata.name
  const belongings = (await belongingsOf(manifest)).map(({ key }) => key)
  const isSame = previous?.digest === digest && previous.environment === environment
  if (isSame && !renew) return { app, change: 'unchanged', revision, pointer: previous, belongings }

  const shards = mostShards(previous, manifest)
  const pointer: Pointer = {
    digest,
    expiresAt: endOfLife(spec.lifecycle, renew ? undefined : previous, now).toISOString(),
    publishedAt: now.toISOString(),
    publishedBy,
    sequence: Math.max(previous?.sequence ?? 0, sequence) + 1,
    environment,
    ...(Object.keys(shards).length > 0 && { shards }),
  }
  const change = !previous ? 'new' : isSame ? 'renewed' : 'changed'
  return { app, change, revision, pointer, belongings }
}

function metadataOf({ digest, publishedAt, publishedBy, expiresAt, sequence, environment }: Pointer): PointerMetadata {
  // KV takes 1024 bytes of metadata, and a name may be long
  return {
    digest,
    publishedAt,
    publishedBy: publishedBy.slice(0, 64),
    expiresAt,
    sequence: String(sequence),
    environment,
  }
}

function endOfLife(lifecycle: Manifest['spec']['lifecycle'], previous: Pointer | undefined, now: Date): Date {
  if (lifecycle.expiresAt) return new Date(lifecycle.expiresAt)
  const fresh = now.getTime() + (lifecycle.ttlDays ?? defaultTtlDays) * dayMs
  return new Date(previous ? Math.min(fresh, Date.parse(previous.expiresAt)) : fresh)
}

/**
 * What publishing writes to storage. Revisions and belongings come first and pointers last, since several
 * writes are not one: a pointer never stands before what it points to.
 *
 * @param fleet the rules that the publications were judged by, if they are to be written too
 */
export function registryItems(publications: readonly Publication[], fleet?: RegistryItem): RegistryItem[] {
  const revisions = publications.map(({ app, revision }) => ({
    key: keys.revision(app, revision.digest),
    value: JSON.stringify(revision),
  }))
  const belongings = publications.flatMap(({ app, belongings }) => belongings.map(key => ({ key, value: app })))
  const pointers = publications.map(({ app, pointer }) => ({
    key: keys.pointer(app),
    value: JSON.stringify(pointer),
    metadata: metadataOf(pointer),
  }))
  return [...revisions, ...belongings, ...(fleet ? [fleet] : []), ...pointers]
}
