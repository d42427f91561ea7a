/** How bytes stand in a header, a secret or a file. */
export type Encoding = 'hex' | 'base64'

const utf8 = new TextEncoder()

/** The UTF-8 bytes of a text. */
export function utf8Bytes(text: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(text) as Uint8Array<ArrayBuffer>
}

/** Writes bytes as lower-case hex or as padded base64 (RFC 4648 §4). */
export function encode(bytes: Uint8Array, encoding: Encoding): string {
  if (encoding === 'hex') return hexOf(bytes)
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Every call needs some; a table is several times as fast as formatting each byte. */
function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexPairs[byte]
  return text
}

/**
 * Reads hex or base64 back, accepting exactly one spelling per value, so that a changed character never
 * reads as the same bytes. Hex may be all lower or all upper case; base64 must be padded and canonical.
 * Anything else is `undefined`.
 */
export function decode(text: string, encoding: Encoding): Uint8Array<ArrayBuffer> | undefined {
  return encoding === 'hex' ? decodeHex(text) : decodeBase64(text)
}

function decodeHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 !== 0 || !/^(?:[0-9a-f]*|[0-9A-F]*)$/.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16)
  return bytes
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return undefined
  }
  if (btoa(binary) !== text) return undefined
  return Uint8Array.from(binary, character => character.charCodeAt(0))
}

/** SHA-256 of bytes, as lower-case hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return encode(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), 'hex')
}
