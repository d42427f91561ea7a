import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import { keys } from '#core/keys.ts'
import type { Workload } from '#core/manifest/identity-schema.ts'
import type { RegistryStore } from '#core/ports.ts'
import { algorithmNames } from './algorithms.ts'
import type { Trust } from './caller-token.ts'
import type { CompactToken } from './compact-token.ts'

/** Audiences of one token that are looked at. */
const maxAudiences = 8

/** The name under which the registry holds to which app a workload belongs. */
export function workloadDigest({ issuer, subject, audience }: Workload): Promise<string> {
  return sha256Hex(utf8Bytes(JSON.stringify([issuer, subject, audience])))
}

export function isSameWorkload(one: Workload, other: Workload): boolean {
  return one.issuer === other.issuer && one.subject === other.subject && one.audience === other.audience
}

/** What a workload's token must be: of exactly its issuer and audience, signed in any way that needs no shared secret. */
export function trustIn({ issuer, audience }: Workload): Trust {
  return { issuer, audiences: [audience], algorithms: algorithmNames }
}

/**
 * The workload that a token claims to be of, and the app to which the registry binds it. A claim alone,
 * and the registry may be behind: token and manifest are still to be asked.
 */
export async function claimedWorkload(
  { payload }: CompactToken,
  store: Pick<RegistryStore, 'ownerOf'>,
): Promise<{ readonly workload: Workload; readonly app: string } | undefined> {
  const { iss: issuer, sub: subject, aud } = payload
  if (typeof issuer !== 'string' || typeof subject !== 'string') return undefined
  for (const audience of (Array.isArray(aud) ? aud : [aud]).slice(0, maxAudiences)) {
    if (typeof audience !== 'string') continue
    const workload = { issuer, subject, audience }
    const app = await store.ownerOf(keys.identity(await workloadDigest(workload)))
    if (app !== undefined) return { workload, app }
  }
  return undefined
}
