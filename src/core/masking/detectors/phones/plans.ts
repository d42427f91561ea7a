import metadata from 'libphonenumber-js/metadata.min.json'

/** A country's numbering plan. */
export interface Plan {
  /** Is this a number of the plan, as it is dialled within the country, its trunk prefix included or not? */
  isValid(digits: string): boolean
}

type Row = readonly [
  callingCode: string,
  internationalPrefix: string,
  pattern: string,
  lengths: readonly number[],
  formats: unknown,
  trunkPrefix: string | 0,
  trunkRule: unknown,
  trunkPrefixForParsing: string | 0,
  transform: string | 0,
  isTrunkOptional: unknown,
  leadingDigits: unknown,
  types: readonly (readonly [pattern: string, lengths?: readonly number[]] | 0)[] | 0,
]

const countries = metadata.countries as unknown as Readonly<Record<string, Row>>
const countriesOf = metadata.country_calling_codes as unknown as Readonly<Record<string, readonly string[]>>
const worldwide = ((metadata as { nonGeographic?: unknown }).nonGeographic ?? {}) as Readonly<Record<string, Row>>

const plans = new Map<string, Plan | undefined>()

/**
 * The plan of a country by its ISO 3166 code, made once. It reads libphonenumber's data itself: the library
 * compiles its expressions anew for every number, which takes a hundred times as long.
 */
export function planOf(country: string): Plan | undefined {
  if (!plans.has(country)) plans.set(country, madePlan(countries[country]))
  return plans.get(country)
}

function madePlan(row: Row | undefined): Plan | undefined {
  if (!row) return undefined
  const [, , pattern, lengths, , trunkPrefix, , trunkPrefixForParsing, transform, , , types] = row
  const general = whole(pattern)
  const kinds = types === 0 || types === undefined ? [] : types.flatMap(type => (type ? [whole(type[0])] : []))
  const trunk = trunkPrefixForParsing || trunkPrefix
  const prefix = trunk ? new RegExp(`^(?:${trunk})`) : undefined
  const isNational = (digits: string) =>
    lengths.includes(digits.length) &&
    general.test(digits) &&
    (kinds.length === 0 || kinds.some(kind => kind.test(digits)))
  const stripped = (digits: string) => {
    const match = prefix?.exec(digits)
    if (!match) return digits
    return transform && match.at(-1)
      ? digits.replace(match[0], transform.replaceAll('$1', match[1] ?? ''))
      : digits.slice(match[0].length)
  }
  return { isValid: digits => isNational(stripped(digits)) || isNational(digits) }
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

/** May these digits, without the `+`, be a number of some country, by its calling code and length (E.164)? */
export function isPossible(digits: string): boolean {
  for (let length = 1; length <= 3; length++) {
    const code = digits.slice(0, length)
    const rows = countriesOf[code]?.map(country => countries[country]) ?? [worldwide[code]]
    if (rows.some(row => row?.[3].includes(digits.length - length))) return true
  }
  return false
}
