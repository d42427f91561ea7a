import type { AppKeys } from './app-keys.ts'

/** FF1 permutes no domain smaller than this (NIST SP 800-38G, revision 1). */
const leastDomain = 1_000_000

/** The kinds of character that keep their kind. All others, `@`, `-` and spaces among them, stand as they are. */
const kinds = [
  { radix: 10, first: 48, filler: '0' },
  { radix: 26, first: 65, filler: 'X' },
  { radix: 26, first: 97, filler: 'x' },
] as const

/**
 * A look-alike: digits become other digits, capitals other capitals, small letters other small letters, each kind
 * by FF1 over all of its characters. A card number keeps a right check digit. A kind with too few characters for
 * FF1 is overwritten with `0`, `X` or `x`, and what is neither letter nor digit of ASCII is kept only if it is a
 * separator.
 */
export function lookAlike(type: string, value: string, keys: AppKeys): string {
  const characters = [...value].map(character => (isSeparator(character) || isKnown(character) ? character : 'x'))
  for (const { radix, first, filler } of kinds) {
    const places = characters.flatMap((character, place) => (inKind(character, radix, first) ? [place] : []))
    const hasCheckDigit = type === 'CREDIT_CARD' && radix === 10
    const moved = hasCheckDigit ? places.slice(0, -1) : places
    const digits = moved.map(place => (characters[place]?.charCodeAt(0) ?? first) - first)
    const others = radix ** digits.length >= leastDomain ? keys.permute(type, radix, digits) : undefined
    for (const [index, place] of moved.entries()) {
      characters[place] = others ? String.fromCharCode(first + (others[index] ?? 0)) : filler
    }
    const last = hasCheckDigit ? places.at(-1) : undefined
    if (last !== undefined) characters[last] = luhnDigit(moved.map(place => Number(characters[place])))
  }
  return characters.join('')
}

function inKind(character: string, radix: number, first: number): boolean {
  const code = character.charCodeAt(0)
  return character.length === 1 && code >= first && code < first + radix
}

const isKnown = (character: string) => kinds.some(({ radix, first }) => inKind(character, radix, first))

const isSeparator = (character: string) => /[\s!-/:-@[-`{-~]/.test(character)

/** ISO/IEC 7812-1, annex B. */
function luhnDigit(digits: readonly number[]): string {
  const sum = digits
    .toReversed()
    .map((digit, place) => (place % 2 === 0 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit))
    .reduce((total, digit) => total + digit, 0)
  return String((10 - (sum % 10)) % 10)
}
