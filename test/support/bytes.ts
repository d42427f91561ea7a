import { encode } from '#core/encoding.ts'

/** Bytes that no text and no pattern hides in. */
export function noise(bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(whole.subarray(at, Math.min(bytes, at + 65_536)))
  return whole
}

/** SHA-256 as hex, to compare bodies by: comparing megabytes byte by byte takes seconds. */
export async function sha256(bytes: Uint8Array | ArrayBuffer | undefined): Promise<string> {
  if (!bytes) return 'no bytes'
  return encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))), 'hex')
}
