import { atPointer } from '#core/json-pointer.ts'
import { anyRegion, type Regions } from './regions.ts'
import type { Residency } from './schema.ts'

/** What a request brings that may name its region. A door leaves out what its sender cannot be trusted to say. */
export interface RegionEvidence {
  /** The body as JSON; `undefined` when it is none. */
  readonly document?: () => unknown
  /** The claims of a verified token. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly headers?: Headers
  readonly origin?: () => Origin
}

/** Where the network saw a request come from: ISO 3166-1 alpha-2, and Cloudflare's continent. */
export interface Origin {
  readonly country?: string
  readonly continent?: string
}

export type RegionDecision =
  | { readonly kind: 'settled'; readonly region: string }
  /** To be answered `region-denied`; `detail` is for the log. */
  | { readonly kind: 'denied'; readonly detail: string }

/**
 * The region in which a request is handled and everything of it is kept. To be settled before anything is
 * stored. A request that names a region outside the list is denied whatever the default: the default is
 * for requests that name none. Without residency the region is `any`.
 */
export function regionOf(residency: Residency | undefined, evidence: RegionEvidence, known: Regions): RegionDecision {
  if (!residency) return { kind: 'settled', region: anyRegion }
  const { regions, by } = residency
  const named = nameIn(by, evidence, known)
  if (named !== undefined && named !== null) {
    const isListed = typeof named === 'string' && regions.includes(named)
    return isListed ? { kind: 'settled', region: named } : { kind: 'denied', detail: 'names a region outside the list' }
  }
  const fallback = constantRegion(residency)
  return fallback === undefined
    ? { kind: 'denied', detail: 'names no region, and there is no default' }
    : { kind: 'settled', region: fallback }
}

/** The region of requests that name none: the default, or the only region where nothing else is asked. */
export function constantRegion({ regions, by, default: fallback }: Residency): string | undefined {
  return fallback ?? (by === undefined && regions.length === 1 ? regions[0] : undefined)
}

function nameIn(by: Residency['by'], { document, claims, headers, origin }: RegionEvidence, known: Regions): unknown {
  if (by?.pointer !== undefined) return document && atPointer(document(), by.pointer)
  if (by?.claim !== undefined) return claims && Object.hasOwn(claims, by.claim) ? claims[by.claim] : undefined
  if (by?.header !== undefined) return headers?.get(by.header)
  if (by?.geo && origin) return regionFrom(origin(), known)
  return undefined
}

/** The first region that lists the country, else the first that lists its continent. */
function regionFrom({ country, continent }: Origin, known: Regions): string | undefined {
  const all = [...known]
  const found =
    all.find(([, { countries }]) => country && countries.includes(country)) ??
    all.find(([, { continents }]) => continent && (continents as readonly string[]).includes(continent))
  return found?.[0]
}
