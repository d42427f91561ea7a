import type { EntityType } from './entity-types.ts'

/** Where personal data or a secret stands in a text. Offsets count UTF-16 code units, `end` is exclusive. */
export interface Finding {
  readonly type: EntityType
  /** Which secret, e.g. `github_token`, or the name of an operator's own pattern or dictionary. */
  readonly subtype?: string
  readonly start: number
  readonly end: number
}

/** What every clean text gets: one list for all, so that cleanness costs no memory. */
export const nothing: readonly Finding[] = Object.freeze([])

/** A finding that may yet lose to another over the same characters. */
export interface Claim extends Finding {
  /** The higher one wins; of equals the longer one, then the earlier. */
  readonly priority: number
}

/** Claims without overlap, in the order of the text. */
export function settled(claims: Claim[]): readonly Finding[] {
  if (claims.length === 0) return nothing
  claims.sort((a, b) => b.priority - a.priority || b.end - b.start - (a.end - a.start) || a.start - b.start)
  const won: Claim[] = []
  for (const claim of claims) {
    if (!won.some(({ start, end }) => claim.start < end && start < claim.end)) won.push(claim)
  }
  won.sort((a, b) => a.start - b.start)
  return won.map(({ type, subtype, start, end }) => ({ type, ...(subtype && { subtype }), start, end }))
}
