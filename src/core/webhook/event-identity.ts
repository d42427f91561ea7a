import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import { atPointer } from '#core/json-pointer.ts'
import type { EventIdPlace, Scheme } from './scheme.ts'
import { printable } from './signature-header.ts'

/** What a mailbox claims in the transaction that accepts an event; a claim already taken makes a duplicate. */
export interface DedupeClaims {
  /** The vendor's event id, within app and source. */
  readonly vendorId?: string
  /** SHA-256 of source and signed bytes, as hex: catches a captured request under a new, unsigned id. */
  readonly signedDigest?: string
}

/**
 * By what an event is known to have come before. An id that the signature covers is enough. Where it is
 * not covered, or the event has none in a scheme that gives ids, the signed bytes are claimed as well.
 * A scheme with no id at all claims nothing: two equal bodies may be two events.
 */
export async function dedupeClaims(
  scheme: Scheme,
  source: string,
  headers: Headers,
  body: () => unknown,
  signedBytes: Uint8Array<ArrayBuffer>,
  by: 'id' | undefined,
): Promise<DedupeClaims> {
  if (scheme.ids.length === 0) return {}
  const found = scheme.ids.map(place => ({ place, id: idAt(place, headers, body) })).find(({ id }) => id !== undefined)
  const vendorId = found?.id === undefined ? {} : { vendorId: found.id }
  if (found && (found.place.signed || by === 'id')) return vendorId
  return { ...vendorId, signedDigest: await digestOf(source, signedBytes) }
}

function idAt(place: EventIdPlace, headers: Headers, body: () => unknown): string | undefined {
  if ('pointer' in place) {
    const value = atPointer(body(), place.pointer)
    return typeof value === 'string' && value.length <= 256 ? value || undefined : undefined
  }
  const id = printable(headers.get(place.header))
  const scope = place.scope ? (printable(headers.get(place.scope)) ?? '') : undefined
  return id && scope !== undefined ? `${id} ${scope}` : id
}

function digestOf(source: string, signedBytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const prefix = utf8Bytes(`${source}\n`)
  const whole = new Uint8Array(prefix.length + signedBytes.length)
  whole.set(prefix)
  whole.set(signedBytes, prefix.length)
  return sha256Hex(whole)
}
