import { isRepeated } from './digits.ts'
import { luhn } from './luhn.ts'

/** Issuer ranges: the first digits from, to, and the lengths that their cards have. */
type Range = readonly [from: number, to: number, shortest: number, longest: number]

/**
 * Ranges of the schemes (ISO/IEC 7812 issuer identification numbers): Visa, Mastercard, American Express, Diners
 * Club, Discover, JCB, UnionPay, Maestro and its national forerunners, Dankort, Mir, RuPay, Verve, Elo, Troy,
 * UATP, Uzcard, Humo.
 */
const ranges: readonly Range[] = [
  [4, 4, 16, 16],
  [51, 55, 16, 16],
  [2221, 2720, 16, 16],
  [34, 34, 15, 15],
  [37, 37, 15, 15],
  [300, 305, 14, 16],
  [3095, 3095, 14, 16],
  [36, 36, 14, 16],
  [38, 39, 14, 16],
  [6011, 6011, 16, 19],
  [644, 649, 16, 19],
  [65, 65, 16, 19],
  [3528, 3589, 16, 19],
  [2131, 2131, 15, 15],
  [1800, 1800, 15, 15],
  [62, 62, 16, 19],
  [81, 82, 16, 19],
  [5018, 5020, 13, 16],
  [50, 50, 16, 16],
  [56, 58, 13, 16],
  [60, 61, 16, 16],
  [63, 63, 13, 16],
  [66, 69, 13, 16],
  [2200, 2205, 16, 19],
  [9792, 9792, 16, 16],
  [1, 1, 15, 15],
  [8600, 8600, 16, 16],
  [9860, 9860, 16, 16],
]
/** Lengths that only some cards of these ranges have; such a number may as well be an id. */
const rare: readonly Range[] = [
  [4, 4, 13, 19],
  [5018, 5020, 12, 19],
  [56, 58, 12, 19],
  [60, 61, 12, 19],
  [63, 69, 12, 19],
  [36, 39, 14, 19],
  [35, 35, 16, 16],
]

/** Luhn's digit, and an issuer's range with a length that its cards have. */
export function isCard(digits: string): boolean {
  return inRange(digits, ranges) && !isRepeated(digits) && luhn(digits)
}

/**
 * The same with lengths that are rare: 13-digit Visa cards, 19-digit Maestro cards. Among 13 digits, a European
 * article number (its own check digit tells) is none.
 */
export function isRareCard(digits: string): boolean {
  return inRange(digits, rare) && !isRepeated(digits) && luhn(digits) && !(digits.length === 13 && ean(digits))
}

/** GS1's check digit: weights 3 and 1 from the right. */
export function ean(digits: string): boolean {
  let sum = 0
  for (let index = digits.length - 1, weight = 1; index >= 0; index--, weight = 4 - weight) {
    sum += weight * (digits.charCodeAt(index) - 48)
  }
  return sum % 10 === 0
}

function inRange(digits: string, among: readonly Range[]): boolean {
  const firstFour = Number(digits.slice(0, 4))
  return among.some(([from, to, shortest, longest]) => {
    if (digits.length < shortest || digits.length > longest) return false
    const first =
      from >= 1000
        ? firstFour
        : from >= 100
          ? (firstFour / 10) | 0
          : from >= 10
            ? (firstFour / 100) | 0
            : (firstFour / 1000) | 0
    return first >= from && first <= to
  })
}
