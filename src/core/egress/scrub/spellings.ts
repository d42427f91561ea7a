import { encode, utf8Bytes } from '#core/encoding.ts'

/** What is shorter has encodings that stand in answers by chance; it is looked for only as it is. */
const minEncodedBytes = 6

/**
 * Every way in which a hidden text may be spelled in an answer: as it is, with JSON's escapes, in hex of
 * either case, and in base64 and base64url at each of the three places where a text may stand in a longer
 * one. Percent-encoding is no list: any of its bytes may be escaped or not.
 */
export function spellings(hidden: string): Uint8Array[] {
  const bytes = utf8Bytes(hidden)
  const json = JSON.stringify(hidden).slice(1, -1)
  const plain = [hidden, json, json.replaceAll('/', '\\/')]
  if (bytes.length < minEncodedBytes) return distinct(plain)
  const hex = encode(bytes, 'hex')
  const base64 = [0, 1, 2].map(offset => base64At(bytes, offset))
  const base64url = base64.map(text => text.replaceAll('+', '-').replaceAll('/', '_'))
  return distinct([...plain, hex, hex.toUpperCase(), ...base64, ...base64url])
}

function distinct(texts: readonly string[]): Uint8Array[] {
  return [...new Set(texts)].map(utf8Bytes)
}

/** The characters of base64 that depend on these bytes alone when they begin `offset` bytes into a group of three. */
function base64At(bytes: Uint8Array, offset: number): string {
  const shifted = new Uint8Array(offset + bytes.length)
  shifted.set(bytes, offset)
  const from = Math.ceil((offset * 8) / 6)
  const to = Math.floor((shifted.length * 8) / 6)
  return encode(shifted, 'base64').slice(from, to)
}
