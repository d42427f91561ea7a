const percent = 0x25

/**
 * Holds bytes of which any may be percent-encoded (RFC 3986 §2.1; hex of either case) against hidden ones.
 *
 * @param at where the match must begin
 * @returns where it ends, `open` when the bytes end before it is decided, or `undefined`
 */
export function percentMatch(bytes: Uint8Array, at: number, hidden: Uint8Array): number | 'open' | undefined {
  let place = at
  for (const wanted of hidden) {
    if (place >= bytes.length) return 'open'
    if (bytes[place] === percent) {
      const high = hexValue(bytes[place + 1])
      const low = hexValue(bytes[place + 2])
      const highFits = high === wanted >> 4
      if (place + 1 >= bytes.length || (highFits && place + 2 >= bytes.length)) return 'open'
      if (highFits && low === (wanted & 15)) {
        place += 3
        continue
      }
    }
    if (bytes[place] !== wanted) return undefined
    place += 1
  }
  return place
}

function hexValue(code: number | undefined): number {
  if (code === undefined) return -1
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
