const lower = 1
const upper = 2
const digit = 3
/** What may stand between the groups of one number, and in no token. */
const mark = 4
/** What may stand in a token, and in no number. */
const sign = 5
const slash = 6
const dot = 7
const hyphen = 8
const colon = 9
const equals = 10
const at = 11

/** Tokens are longer than most words are. */
export const tokenLength = 12

/** What a text shows at a glance, and so which searches may be left out. */
export interface Signs {
  readonly digits: number
  /** The most digits in one number; letters end it, and what stands between its groups does not. */
  readonly longestNumber: number
  /** The longest stretch of characters that keys and tokens are made of. */
  readonly longestToken: number
  /** The longest stretch of capital letters. */
  readonly longestCapitals: number
  readonly dots: number
  readonly hyphens: number
  readonly colons: number
  readonly hasLetter: boolean
  /** A blank, or a parenthesis. */
  readonly hasBlank: boolean
  readonly hasEquals: boolean
  /** An `@`, or a `%`, since URLs spell that `%40`. */
  readonly hasAt: boolean
  /** Something beyond ASCII. */
  readonly hasHigh: boolean
}

const kinds = new Uint8Array(128)
const kindsOf = [
  ['abcdefghijklmnopqrstuvwxyz', lower],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', upper],
  ['0123456789', digit],
  [' ()', mark],
  ['_+~!$', sign],
  ['/', slash],
  ['.', dot],
  ['-', hyphen],
  [':', colon],
  ['=', equals],
  ['@%', at],
] as const
for (const [letters, kind] of kindsOf) for (const letter of letters) kinds[letter.charCodeAt(0)] = kind

/** One pass over the text, a few instructions for each character: most texts are clean, and end here. */
export function readSigns(text: string): Signs {
  let digits = 0
  let number = 0
  let longestNumber = 0
  let token = 0
  let longestToken = 0
  let capitals = 0
  let longestCapitals = 0
  let dots = 0
  let hyphens = 0
  let colons = 0
  let seen = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 127) {
      seen |= 1
      if (token > longestToken) longestToken = token
      token = 0
      number = 0
      capitals = 0
      continue
    }
    const kind = kinds[code] as number
    seen |= 2 << kind
    if (kind === lower) {
      token++
      number = 0
      capitals = 0
    } else if (kind === digit) {
      token++
      digits++
      capitals = 0
      if (++number > longestNumber) longestNumber = number
    } else if (kind === upper) {
      token++
      number = 0
      if (++capitals > longestCapitals) longestCapitals = capitals
    } else if (kind === mark) {
      if (token > longestToken) longestToken = token
      token = 0
      capitals = 0
    } else {
      capitals = 0
      if (kind === dot) dots++
      else if (kind === hyphen) hyphens++
      else if (kind !== slash) number = 0
      if (kind === colon) colons++
      if (kind >= sign && kind !== colon && kind !== at) token++
      else {
        if (token > longestToken) longestToken = token
        token = 0
      }
    }
  }
  return {
    digits,
    longestNumber,
    longestToken: token > longestToken ? token : longestToken,
    longestCapitals,
    dots,
    hyphens,
    colons,
    hasLetter: (seen & ((2 << lower) | (2 << upper) | 1)) !== 0,
    hasBlank: (seen & (2 << mark)) !== 0,
    hasEquals: (seen & (2 << equals)) !== 0,
    hasAt: (seen & (2 << at)) !== 0,
    hasHigh: (seen & 1) !== 0,
  }
}
