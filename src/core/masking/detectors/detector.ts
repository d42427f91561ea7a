import { emails } from './addresses/emails.ts'
import { ipv4Addresses, ipv6Addresses, macAddresses } from './addresses/network.ts'
import { Surroundings } from './context.ts'
import type { EntityType } from './entity-types.ts'
import { type Claim, type Finding, nothing, settled } from './finding.ts'
import { folded } from './fold.ts'
import { numberSearch } from './numbers/numbers.ts'
import { runsOf } from './numbers/runs.ts'
import { type Dictionary, dictionarySearch } from './own/dictionaries.ts'
import { type CustomPattern, patternSearch } from './own/patterns.ts'
import { phoneSearch } from './phones/phones.ts'
import { markedSecretsIn } from './secrets/marked.ts'
import { namedSecretsIn } from './secrets/named.ts'
import { shapedSecretsIn } from './secrets/shaped.ts'
import { privateKeys, urlPasswords } from './secrets/spans.ts'
import { readSigns, type Signs } from './signs.ts'
import { wordSearch } from './words/words.ts'

/** Finds what a text holds of some types. */
export interface Detector {
  /**
   * Findings without overlap, in the order of the text; where two overlap, the surer one stands whole.
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
  /** ISO 3166 codes of the countries whose phone numbers are known without a country code. */
  readonly phoneRegions?: readonly string[]
  readonly customPatterns?: readonly CustomPattern[]
  readonly dictionaries?: readonly Dictionary[]
}

/** Countries whose national spelling is known where an operator names none. */
export const defaultPhoneRegions = ['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'IN', 'AU', 'BR'] as const

/** The shortest text that holds anything: `a@b.co`, `1.1.1.1`, `::1`. */
const shortest = 3
/** Fewer digits make no number that is looked for: a day of birth has five. */
const fewestDigits = 5
/** Tokens are longer than words are. */
const tokenLength = 12

type Search = (text: string, signs: Signs, near: Surroundings, claims: Claim[]) => void

/** A detector of these types. Making one compiles patterns: make it once per entry and keep it. */
export function detectorOf(types: readonly EntityType[], options: DetectorOptions = {}): Detector {
  const searches = [...builtIn(new Set(types), options.phoneRegions ?? defaultPhoneRegions), ...own(types, options)]
  return {
    find(given, context = '') {
      if (given.length < shortest || searches.length === 0) return nothing
      const signs = readSigns(given)
      const text = signs.hasHigh ? folded(given) : given
      const shown = text === given ? signs : readSigns(text)
      const near = new Surroundings(text, context)
      const claims: Claim[] = []
      for (const search of searches) search(text, shown, near, claims)
      return settled(claims)
    },
  }
}

function builtIn(types: ReadonlySet<EntityType>, regions: readonly string[]): Search[] {
  const searches: Search[] = []
  const words = wordSearch(types)
  const numbers = numberSearch(types)
  const phones = types.has('PHONE') ? phoneSearch(regions) : undefined
  if (types.has('API_SECRET')) searches.push(secrets)
  if (types.has('EMAIL')) searches.push((text, { hasAt }, _, claims) => hasAt && emails(text, claims))
  if (types.has('IP_ADDRESS')) searches.push(addresses)
  if (types.has('MAC_ADDRESS')) searches.push(hardware)
  if (words)
    searches.push((text, { digits }, near, claims) => (digits > 0 || types.has('SWIFT')) && words(text, near, claims))
  if (numbers || phones) {
    searches.push((text, { digits }, near, claims) => {
      if (digits < fewestDigits) return
      const runs = runsOf(text, fewestDigits)
      if (runs.length === 0) return
      numbers?.(text, runs, near, claims)
      phones?.(text, runs, near, claims)
    })
  }
  return searches
}

function own(types: readonly EntityType[], { customPatterns = [], dictionaries = [] }: DetectorOptions): Search[] {
  if (!types.includes('CUSTOM')) return []
  return [...customPatterns.map(patternSearch), ...dictionaries.map(dictionarySearch)].map(
    search => (text, _signs, _near, claims) => search(text, claims),
  )
}

function secrets(text: string, signs: Signs, near: Surroundings, claims: Claim[]): void {
  if (signs.longestToken >= tokenLength) markedSecretsIn(text, claims)
  if (signs.longestToken >= tokenLength) shapedSecretsIn(text, near, claims)
  if (signs.hasHyphen) privateKeys(text, claims)
  if (signs.hasAt && signs.hasColon) urlPasswords(text, claims)
  namedSecretsIn(text, near, claims)
}

function addresses(text: string, { digits, hasDot, hasColon }: Signs, _near: Surroundings, claims: Claim[]): void {
  if (hasDot && digits >= 4) ipv4Addresses(text, claims)
  if (hasColon && digits > 0) ipv6Addresses(text, claims)
}

function hardware(text: string, { hasDot, hasColon, hasHyphen }: Signs, _near: Surroundings, claims: Claim[]): void {
  if (hasDot || hasColon || hasHyphen) macAddresses(text, claims)
}
