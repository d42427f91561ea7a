import { emails } from './emails.ts'
import type { EntityType } from './entity-types.ts'
import { type Claim, type Finding, nothing, settled } from './finding.ts'

/** Finds what a text holds of some types. */
export interface Detector {
  /**
   * Findings without overlap, in the order of the text; of two that overlap the surer one stands, then the longer.
   * Time is linear in the text's length, whatever the text. A number is found by its spelling: give that as text.
   *
   * @param context words that stand beside the text and tell what it is: a JSON key, a form field, a header's
   *   name. `{"passport": "912803456"}` is found only with them.
   * @throws TextTooLong where an operator's own pattern or dictionary would have to read more than its cap
   */
  find(text: string, context?: string): readonly Finding[]
}

/** What an operator adds to the built-in types. */
export interface DetectorOptions {
  /** ISO 3166 codes of the countries whose phone numbers are known without a country code, the first one first. */
  readonly phoneRegions?: readonly string[]
  readonly customPatterns?: readonly CustomPattern[]
  readonly dictionaries?: readonly Dictionary[]
}

/** A pattern in RE2's syntax; what it matches is `CUSTOM` with this name as its subtype. */
export interface CustomPattern {
  readonly name: string
  readonly pattern: string
}

/** Words and phrases that are `CUSTOM`, with this name as their subtype, wherever they stand as whole words. */
export interface Dictionary {
  readonly name: string
  readonly words: readonly string[]
}

type Rule = (text: string, context: string, claims: Claim[]) => void

const rules: Partial<Record<EntityType, Rule>> = { EMAIL: emails }

/**
 * A detector of these types. Making one compiles patterns: make it once per entry and keep it.
 */
export function detectorOf(types: readonly EntityType[], _options: DetectorOptions = {}): Detector {
  const chosen = types.flatMap(type => rules[type] ?? [])
  return {
    find(text, context = '') {
      const claims: Claim[] = []
      for (const rule of chosen) rule(text, context, claims)
      return claims.length === 0 ? nothing : settled(claims)
    },
  }
}
