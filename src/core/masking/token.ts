/** What every token begins with; nothing else that a gateway writes does. */
export const tokenPrefix = 'GHT_'

/** No token is longer: it holds at most 1,024 bytes of a value. */
export const maxTokenLength = 1_800

/** Crockford's base32: digits and capitals, without the four that are mistaken for others. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const checkAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const digits = new Map([...alphabet].map((character, value) => [character, value]))

export interface SpelledToken {
  readonly type: string
  readonly sealed: Uint8Array<ArrayBuffer>
}

/**
 * Spells a token as `GHT_<TYPE>_<base32><check>`: letters, digits and underscores only, so it stands unchanged in a
 * prompt, in JSON, in a URL and in Markdown. The last character is a check over type and bytes (ISO/IEC 7064,
 * MOD 37,36), which tells a model's slip of one character from a token.
 */
export function spellToken(type: string, sealed: Uint8Array): string {
  const body = base32(sealed)
  return `${tokenPrefix}${type}_${body}${checkOf(type + body)}`
}

/** Reads a token in whatever case it came back. `undefined` for all else, a damaged token among it. */
export function readToken(text: string): SpelledToken | undefined {
  const spelled = text.toUpperCase()
  const cut = spelled.lastIndexOf('_')
  const type = spelled.slice(tokenPrefix.length, cut)
  const body = spelled.slice(cut + 1, -1)
  if (!spelled.startsWith(tokenPrefix) || !/^[A-Z][A-Z0-9_]*$/.test(type) || !/^[0-9A-HJKMNP-TV-Z]+$/.test(body)) {
    return undefined
  }
  if (checkOf(type + body) !== spelled.at(-1)) return undefined
  const sealed = fromBase32(body)
  return sealed && { type, sealed }
}

function base32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held & 31) << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31]
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text
}

/** One spelling per value: bits left over must be zero, and fewer than a character's. */
function fromBase32(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let held = 0
  let bits = 0
  let at = 0
  for (const character of text) {
    held = ((held & 255) << 5) | (digits.get(character) ?? 0)
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (held >> bits) & 255
    }
  }
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? bytes : undefined
}

function checkOf(text: string): string {
  let sum = 36
  for (const character of text) {
    const value = checkAlphabet.indexOf(character)
    if (value < 0) continue
    sum = (sum + value) % 36 || 36
    sum = (sum * 2) % 37
  }
  return checkAlphabet[(37 - sum) % 36] ?? ''
}
