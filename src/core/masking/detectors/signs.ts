/** What a character counts as; the highest bits say that it may stand inside a key or a token. */
const digit = 1
const at = 2
const colon = 4
const dot = 8
const hyphen = 16
const equals = 32
const high = 64
const ofToken = 128

/** What a text shows at a glance, and so which searches may be left out. */
export interface Signs {
  digits: number
  /** The longest stretch of characters that keys and tokens are made of. */
  longestToken: number
  hasAt: boolean
  hasColon: boolean
  hasDot: boolean
  hasHyphen: boolean
  hasEquals: boolean
  /** Something beyond ASCII. */
  hasHigh: boolean
}

const kinds = new Uint8Array(128)
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_+/~!$') kinds[letter.charCodeAt(0)] = ofToken
for (const letter of '0123456789') kinds[letter.charCodeAt(0)] = ofToken | digit
for (const [letter, kind] of [
  ['@', at],
  ['%', at],
  [':', colon],
  ['.', dot | ofToken],
  ['-', hyphen | ofToken],
  ['=', equals | ofToken],
] as const) {
  kinds[letter.charCodeAt(0)] = kind
}

/**
 * One pass over the text, a few instructions for each character: most texts are clean, and end here. `%` counts
 * as an `@`, since URLs spell that `%40`.
 */
export function readSigns(text: string): Signs {
  let seen = 0
  let digits = 0
  let run = 0
  let longest = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const kind = code < 128 ? (kinds[code] as number) : high
    seen |= kind
    digits += kind & digit
    run = (run + 1) & -(kind >> 7)
    if (run > longest) longest = run
  }
  return {
    digits,
    longestToken: longest,
    hasAt: (seen & at) !== 0,
    hasColon: (seen & colon) !== 0,
    hasDot: (seen & dot) !== 0,
    hasHyphen: (seen & hyphen) !== 0,
    hasEquals: (seen & equals) !== 0,
    hasHigh: (seen & high) !== 0,
  }
}
