import numberingPlans from './numbering-plans.json' with { type: 'json' }

/** A country's numbering plan. */
export interface Plan {
  /** Is this a number of the plan, as it is dialled within the country, its trunk prefix included or not? */
  isValid(digits: string): boolean
}

type Row = readonly [
  pattern: string,
  lengths: readonly number[],
  trunk: string | 0,
  transform: string | 0,
  kinds: readonly string[],
]

const { countries, callingCodes, worldwideLengths } = numberingPlans as unknown as {
  readonly countries: Readonly<Record<string, Row>>
  readonly callingCodes: Readonly<Record<string, readonly string[]>>
  readonly worldwideLengths: Readonly<Record<string, readonly number[]>>
}

const plans = new Map<string, Plan | undefined>()

/**
 * The plan of a country by its ISO 3166 code, made once. It reads libphonenumber's data itself (`npm run
 * phone-plans` takes it over): the library compiles its expressions anew for every number, a hundred times slower.
 */
export function planOf(country: string): Plan | undefined {
  if (!plans.has(country)) plans.set(country, madePlan(countries[country]))
  return plans.get(country)
}

function madePlan(row: Row | undefined): Plan | undefined {
  if (!row) return undefined
  const [pattern, lengths, trunk, transform, patterns] = row
  const general = whole(pattern)
  const kinds = patterns.map(whole)
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
    const lengths = callingCodes[code]?.map(country => countries[country]?.[1]) ?? [worldwideLengths[code]]
    if (lengths.some(possible => possible?.includes(digits.length - length))) return true
  }
  return false
}
