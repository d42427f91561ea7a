/** How much may pass in how long. Units are requests, or what a route says one costs. */
export type RateRule =
  /** At most `limit` in any stretch of `windowSeconds`. */
  | { readonly kind: 'sliding'; readonly limit: number; readonly windowSeconds: number }
  /** A token bucket: `limit` at once, refilled evenly over `windowSeconds`. */
  | { readonly kind: 'bucket'; readonly limit: number; readonly windowSeconds: number }
  /** At most `limit` in a calendar day or month of UTC. */
  | { readonly kind: 'calendar'; readonly limit: number; readonly per: 'day' | 'month' }

/** Whose units are counted, and under which rule. */
export interface Counter {
  readonly app: string
  /** Who or what is limited: a caller, the app, an address. Never shown to anyone: stores see its hash. */
  readonly subject: string
  /** The rule, by a name that is unique within app and subject. */
  readonly name: string
}

/** What a store says to a request for units. */
export interface Grant {
  /** Nothing, or between what was asked at least and at most. */
  readonly units: number
  /** Units that nobody has taken yet. */
  readonly remaining: number
  /** Until when the units may be used, from the moment at which they were asked for. */
  readonly leaseMs: number
  /** Until more units come free; after a refusal, until as many as were asked for at least. */
  readonly resetMs: number
  /** What the store wants to hear when units come back. */
  readonly mark: number
}

/** How many units are wanted. */
export interface Ask {
  /** A smaller grant is no use. */
  readonly least: number
  readonly most: number
}

/** Units are handed out to isolates for at most a second. */
export const maxLeaseMs = 1_000

/**
 * How many units a store grants of those that are left. Past what is needed at once a lease takes a small
 * part only, so that what lies unused in one isolate is never missed by much in another.
 */
export function unitsFor({ least, most }: Ask, remaining: number, limit: number): number {
  if (remaining < least) return 0
  const spare = Math.min(most - least, Math.floor((remaining - least) / 8), Math.floor(limit / 40))
  return least + Math.max(0, spare)
}

/** The end of the second in which a moment lies, in ms from it. */
export function restOfSecondMs(nowMs: number): number {
  return maxLeaseMs - (nowMs % maxLeaseMs)
}
