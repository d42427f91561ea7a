import * as z from 'zod'
import { maxShards } from '#core/delivery/shard.ts'
import { SourceName } from '#core/names.ts'
import { digestOf } from './digest.ts'
import { Manifest } from './schema.ts'

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)

/** `apps/<app>`: which revision is in force, and until when. */
export const Pointer = z.strictObject({
  digest: Digest,
  expiresAt: z.iso.datetime(),
  publishedAt: z.iso.datetime(),
  publishedBy: z.string().max(256),
  sequence: z.int().min(1),
  environment: z.string().max(63),
  /** The most shards that each source has ever had, where that is more than one. */
  shards: z.record(SourceName, z.int().min(2).max(maxShards)).optional(),
  /** A compact JWS of an approver, see `signed.ts`. */
  signature: z.string().max(4096).optional(),
})

export type Pointer = z.infer<typeof Pointer>

/** `revisions/<app>/<digest>`: a manifest as its author wrote it. Never changed once written. */
export const Revision = z.strictObject({ manifest: z.unknown(), digest: Digest, schemaVersion: z.literal(1) })

export type Revision = z.infer<typeof Revision>

/** A manifest as the registry holds it: revision and pointer together, checked again on the way out. */
export interface Entry {
  readonly app: string
  readonly digest: string
  readonly expiresAt: Date
  readonly publishedAt: Date
  readonly manifest: Manifest
}

/**
 * Reads a revision that storage gave back. What was valid once may not be now, and what stands under a
 * digest may not be what the digest says.
 *
 * @returns the manifest, or why it cannot be used
 */
export async function openRevision(app: string, digest: string, stored: unknown): Promise<Manifest | string> {
  const revision = Revision.safeParse(stored)
  if (!revision.success) return `revision ${digest} is missing or malformed`
  if (revision.data.digest !== digest || (await digestOf(revision.data.manifest)) !== digest) {
    return `revision ${digest} does not hold what its digest says`
  }
  const manifest = Manifest.safeParse(revision.data.manifest)
  if (!manifest.success) return `revision ${digest}: ${z.prettifyError(manifest.error)}`
  if (manifest.data.metadata.name !== app) return `revision ${digest} is of app ${manifest.data.metadata.name}`
  return manifest.data
}
