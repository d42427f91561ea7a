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
  /** The higher one is the surer one. */
  readonly priority: number
}

/**
 * Claims without overlap, in the order of the text. One inside another goes; of two that overlap in part, the
 * less sure one keeps what the other leaves, so that nothing found stays readable.
 */
export function settled(claims: Claim[]): readonly Finding[] {
  if (claims.length === 0) return nothing
  if (claims.length === 1) return claims.map(found)
  claims.sort((a, b) => a.start - b.start || b.end - a.end || b.priority - a.priority)
  const kept: Claim[] = []
  for (const claim of claims) {
    const last = kept.at(-1)
    if (!last || claim.start >= last.end) kept.push(claim)
    else if (claim.end <= last.end) continue
    else if (claim.priority > last.priority) {
      kept[kept.length - 1] = { ...last, end: claim.start }
      kept.push(claim)
    } else kept.push({ ...claim, start: last.end })
  }
  return kept.map(found)
}

function found({ type, subtype, start, end }: Claim): Finding {
  return subtype ? { type, subtype, start, end } : { type, start, end }
}
