/**
 * Holds a text, of which any byte may be percent-encoded (RFC 3986 §2.1; hex of either case), against a
 * hidden one.
 *
 * @param at where the match must begin
 * @returns where it ends, `open` when the text ends before it is decided, or `undefined`
 */
export function percentMatch(text: string, at: number, hidden: string): number | 'open' | undefined {
  let place = at
  for (let index = 0; index < hidden.length; index++) {
    if (place >= text.length) return 'open'
    if (text[place] === '%') {
      const written = text.slice(place + 1, place + 3).toLowerCase()
      const hex = byteOf(hidden, index).toString(16).padStart(2, '0')
      if (written.length < 2 && hex.startsWith(written)) return 'open'
      if (written === hex) {
        place += 3
        continue
      }
    }
    if (text.charCodeAt(place) !== hidden.charCodeAt(index)) return undefined
    place += 1
  }
  return place
}

/** The byte that a character of a text with one character per byte stands for. */
function byteOf(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code < 256 ? code : (windows1252.get(code) ?? 0)
}

/** The 27 characters that windows-1252 has beyond Latin 1. */
const windows1252: ReadonlyMap<number, number> = new Map(
  Array.from({ length: 32 }, (_, at) => 0x80 + at).map(byte => [
    new TextDecoder('windows-1252').decode(new Uint8Array([byte])).charCodeAt(0),
    byte,
  ]),
)
