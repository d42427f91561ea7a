/** The zeros of the decimal digits of other scripts, Arabic to full width; nine more digits follow each (Unicode Nd). */
const zeros = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0, 0x1810, 0xff10,
]
const digits = new Map(
  zeros.flatMap(zero => Array.from({ length: 10 }, (_, value) => [zero + value, String(value)] as const)),
)
const foldable =
  /[\u00a0\u2000-\u200a\u202f\u205f\u3000\u00ad\u2010-\u2015\u2212\ufe63\uff01-\uff5e\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f\u0be6-\u0bef\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f\u0e50-\u0e59\u0ed0-\u0ed9\u0f20-\u0f29\u1040-\u1049\u17e0-\u17e9\u1810-\u1819]/g

/**
 * The text with digits of other scripts, wide letters, no-break spaces and typographic hyphens as their ASCII
 * counterparts, one code unit for one, so that offsets stay true. Who copies a number from a document should
 * not thereby hide it.
 */
export function folded(text: string): string {
  return text.replace(foldable, ascii)
}

function ascii(letter: string): string {
  const code = letter.charCodeAt(0)
  const value = digits.get(code)
  if (value !== undefined) return value
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0)
  return code === 0xad || (code >= 0x2010 && code <= 0x2015) || code === 0x2212 || code === 0xfe63 ? '-' : ' '
}
