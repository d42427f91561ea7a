import { constantRegion } from './region-of.ts'
import { anyRegion } from './regions.ts'
import type { Residency } from './schema.ts'

interface Upstream {
  readonly name: string
  readonly region?: string | undefined
  readonly url: string
}

/** The parts of a manifest's `spec` that say where payloads may go. */
export interface Places {
  readonly residency?: Residency | undefined
  readonly upstreams: readonly Upstream[]
}

/**
 * Why what lives in a region may not be sent anywhere by the residency in force now, or `undefined` when it
 * may. The residency may have changed since the region was settled.
 */
export function regionRefusal({ residency }: Places, region: string): string | undefined {
  if (!residency || region === anyRegion || residency.regions.includes(region)) return undefined
  return `lives in ${region}, and residency.regions no longer holds that`
}

/**
 * The upstream of a name in a region; one that names no region serves them all. What was kept before the
 * app had a residency goes where requests go that name no region.
 *
 * @returns `undefined` when there is none, so that nothing may be sent
 */
export function upstreamIn({ residency, upstreams }: Places, name: string, region: string): Upstream | undefined {
  const home = region === anyRegion && residency ? constantRegion(residency) : region
  const named = upstreams.filter(upstream => upstream.name === name)
  if (residency && home === undefined) return undefined
  return (
    named.find(upstream => upstream.region === home) ??
    named.find(upstream => upstream.region === undefined) ??
    (residency ? undefined : named[0])
  )
}
