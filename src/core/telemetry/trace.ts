import { encode } from '#core/encoding.ts'

const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/**
 * A `traceparent` (W3C Trace Context, level 1) for the next hop: the same trace with a new span where the
 * one given is valid, a new trace otherwise.
 */
export function nextTraceparent(given: string | null | undefined): string {
  const [, traceId, flags] = form.exec(given ?? '') ?? []
  return `00-${traceId ?? randomHex(16)}-${randomHex(8)}-${flags ?? '01'}`
}

function randomHex(bytes: number): string {
  return encode(crypto.getRandomValues(new Uint8Array(bytes)), 'hex')
}
