import { workloadDigest } from '#core/identity/workload.ts'
import { keys } from '#core/keys.ts'
import type { Finding } from './problems.ts'
import type { Manifest } from './schema.ts'

/** What one app alone may have: a workload that acts as it, a host on which it answers. */
export interface Belonging {
  /** Under which the registry holds whose it is. */
  readonly key: string
  /** What is wrong with the manifest where it is another app's. */
  takenBy(owner: string): Finding
}

/** All that a manifest claims for its app alone. */
export async function belongingsOf({ spec }: Manifest): Promise<Belonging[]> {
  const workloads = spec.identity.map(async (workload, index) => ({
    key: keys.identity(await workloadDigest(workload)),
    takenBy: (owner: string) => ({
      at: ['spec', 'identity', index],
      reason: `already acts as the app ${owner}`,
      remedy: `Give the workload a subject of its own, or take it out of the manifest of ${owner} first.`,
    }),
  }))
  const hosts = spec.hosts.map((host, index) => ({
    key: keys.host(host),
    takenBy: (owner: string) => ({
      at: ['spec', 'hosts', index],
      reason: `is already a host of the app ${owner}`,
      remedy: `Use another host, or take it out of the manifest of ${owner} first.`,
    }),
  }))
  return [...(await Promise.all(workloads)), ...hosts]
}
