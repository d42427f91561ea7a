import type { nationalCountries, northAmerica } from './countries.ts'
import numberingPlans from './numbering-plans.json' with { type: 'json' }

/** A country's numbering plan. */
export interface Plan {
  /** Is this a number of the plan, as it is dialled within the country, its trunk prefix included or not? */
  isValid(digits: string): boolean
}

export type NationalCountry = (typeof nationalCountries | typeof northAmerica)[number]

type Row = readonly [
  pattern: string,
  lengths: readonly number[],
  trunk: string | 0,
  transform: string | 0,
  kinds: readonly string[],
]

const { plans: rows, lengths } = numberingPlans as unknown as {
  readonly plans: Readonly<Record<string, Row>>
  /** By calling code, how many digits may follow it. */
  readonly lengths: Readonly<Record<string, readonly number[]>>
}

/**
 * The plan of a country by its ISO 3166 code. It reads libphonenumber's data itself (`npm run phone-plans` takes it
 * over): the library compiles its expressions anew for every number, a hundred times slower.
 */
export function planOf(country: NationalCountry): Plan {
  const [pattern, fitting, trunk, transform, patterns] = rows[country] as Row
  const general = whole(pattern)
  const kinds = patterns.map(whole)
  const prefix = trunk ? new RegExp(`^(?:${trunk})`) : undefined
  const isNational = (digits: string) =>
    fitting.includes(digits.length) &&
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
    if (lengths[digits.slice(0, length)]?.includes(digits.length - length)) return true
  }
  return false
}
