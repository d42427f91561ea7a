import { emails } from './addresses/emails.ts'
import { ipv4Addresses, ipv6Addresses, macAddresses } from './addresses/network.ts'
import { keyOf, Surroundings } from './context.ts'
import type { EntityType } from './entity-types.ts'
import { type Claim, type Finding, nothing, settled } from './finding.ts'
import { folded } from './fold.ts'
import { harmless, unspaced } from './glance.ts'
import { isIdentifierOrMoment } from './identifier.ts'
import { maxDigits, type NumberSearch, numberSearch } from './numbers/numbers.ts'
import { runsOf } from './numbers/runs.ts'
import { type Dictionary, dictionarySearch } from './own/dictionaries.ts'
import { type CustomPattern, patternSearch } from './own/patterns.ts'
import { leastPhoneDigits, type PhoneSearch, phonesIn } from './phones/phones.ts'
import { markedSecretsIn } from './secrets/marked.ts'
import { assignedSecretsIn, calledSecretIn, secretBy } from './secrets/named.ts'
import { shapedSecretsIn, shortestShaped } from './secrets/shaped.ts'
import { privateKeys, urlPasswords } from './secrets/spans.ts'
import { readSigns, type Signs, tokenLength } from './signs.ts'
import { type WordSearch, wordSearch } from './words/words.ts'

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
  /** Whether it would find nothing in a text, by what `glance` told of it and the name that it has. */
  overlooks(look: number, named: { name(): string }): boolean
}

/** What an operator adds to the built-in types. */
export interface DetectorOptions {
  readonly customPatterns?: readonly CustomPattern[]
  readonly dictionaries?: readonly Dictionary[]
}

/** The shortest text that holds anything: `a@b.co`, `1.1.1.1`, `::1`. */
const shortest = 3
/** What is spelled with letters and digits has one digit at least. */
const fewestInWords = 1
/** A bank's SWIFT code may do without digits. */
const capitalsOfBanks = 6

type Search = (text: string, signs: Signs, near: Surroundings, claims: Claim[]) => void

/** A detector of these types. Making one compiles patterns: make it once per entry and keep it. */
export function detectorOf(types: readonly EntityType[], options: DetectorOptions = {}): Detector {
  const ownSearches = own(types, options)
  const searches = [...builtIn(new Set(types)), ...ownSearches]
  const hasSecrets = types.includes('API_SECRET')
  return {
    overlooks: (look, named) =>
      ownSearches.length === 0 &&
      (look === harmless || (look === unspaced && !(hasSecrets && isPassword(named.name())))),
    find(given, context = '') {
      if (given.length < shortest || searches.length === 0) return nothing
      if (isIdentifierOrMoment(given) && !mayName(context)) return nothing
      const signs = readSigns(given)
      const text = signs.hasHigh ? folded(given) : given
      const shown = text === given ? signs : readSigns(text)
      const near = new Surroundings(text, context, shown.hasLetter)
      const claims: Claim[] = []
      for (const search of searches) search(text, shown, near, claims)
      return settled(claims)
    },
  }
}

/** May this key turn an identifier into a secret, or a moment into a day of birth? */
function mayName(key: string): boolean {
  return key !== '' && /[Bb]irth|BIRTH|dob|DOB|[Kk]ey|KEY|[Tt]oken|TOKEN|[Ss]ecret|SECRET|[Pp]ass|PASS|heroku/.test(key)
}

function isPassword(name: string): boolean {
  const key = keyOf(name)
  return key !== undefined && secretBy(key) === 'password'
}

function builtIn(types: ReadonlySet<EntityType>): Search[] {
  const searches: Search[] = []
  if (types.has('API_SECRET')) searches.push(secrets)
  if (types.has('EMAIL')) searches.push((text, { hasAt }, _, claims) => hasAt && emails(text, claims))
  if (types.has('IP_ADDRESS')) searches.push(addresses)
  if (types.has('MAC_ADDRESS')) searches.push(hardware)
  const words = wordSearch(types)
  if (words) searches.push(whereWords(words))
  const numbers = numberSearch(types)
  const phones = types.has('PHONE') ? phonesIn : undefined
  if (numbers || phones) searches.push(whereNumbers(numbers, phones))
  return searches
}

function whereWords(words: WordSearch): Search {
  return (text, { hasLetter, digits, longestCapitals }, near, claims) => {
    if ((hasLetter && digits >= fewestInWords) || longestCapitals >= capitalsOfBanks) words(text, digits, near, claims)
  }
}

function whereNumbers(numbers: NumberSearch | undefined, phones: PhoneSearch | undefined): Search {
  const fewest = Math.min(numbers?.fewestDigits ?? leastPhoneDigits, phones ? leastPhoneDigits : maxDigits)
  return (text, { longestNumber, hasLetter }, near, claims) => {
    // a day of birth is short, but needs words beside it
    const least = hasLetter || near.key ? fewest : Math.max(fewest, leastPhoneDigits)
    if (longestNumber < least) return
    const runs = runsOf(text, least)
    if (runs.length === 0) return
    numbers?.find(text, runs, near, claims)
    phones?.(text, runs, near, claims)
  }
}

function own(types: readonly EntityType[], { customPatterns = [], dictionaries = [] }: DetectorOptions): Search[] {
  if (!types.includes('CUSTOM')) return []
  return [...customPatterns.map(patternSearch), ...dictionaries.map(dictionarySearch)].map(
    search => (text, _signs, _near, claims) => search(text, claims),
  )
}

const verb = / (?:is|was) /

function secrets(text: string, signs: Signs, near: Surroundings, claims: Claim[]): void {
  const { longestToken, hyphens, hasAt, colons, hasBlank, hasEquals, hasLetter } = signs
  if (!hasLetter) return
  if (longestToken >= tokenLength) {
    markedSecretsIn(text, claims)
    if (longestToken >= shortestShaped) shapedSecretsIn(text, near, claims)
  }
  if (hyphens >= 10) privateKeys(text, claims)
  if (hasAt && colons > 0) urlPasswords(text, claims)
  if (colons > 0 || hasEquals || (hasBlank && verb.test(text))) assignedSecretsIn(text, claims)
  calledSecretIn(text, near, claims)
}

function addresses(text: string, { digits, dots, colons }: Signs, _near: Surroundings, claims: Claim[]): void {
  if (dots >= 3 && digits >= 4) ipv4Addresses(text, claims)
  if (colons >= 6 || (colons >= 2 && text.includes('::'))) ipv6Addresses(text, claims)
}

function hardware(text: string, signs: Signs, _near: Surroundings, claims: Claim[]): void {
  const { dots, colons, hyphens, digits } = signs
  if (colons >= 5) macAddresses(text, ':', claims)
  if (hyphens >= 5) macAddresses(text, '-', claims)
  if (dots >= 2 && digits >= 2) macAddresses(text, '.', claims)
}
