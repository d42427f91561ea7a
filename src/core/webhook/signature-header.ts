import { decode } from '#core/encoding.ts'
import type { FaultCode } from '#core/fault.ts'
import type { Scheme } from './scheme.ts'

/** More signatures than this in one header are not looked at: each costs an HMAC per secret. */
export const maxCandidates = 8

/** What the headers say of the signature, before the body is read. */
export interface SignatureClaim {
  readonly candidates: readonly Uint8Array<ArrayBuffer>[]
  /** As sent: it is signed as text. */
  readonly timestamp?: string
  readonly id?: string
}

export type Claimed = { readonly claim: SignatureClaim } | { readonly fault: FaultCode; readonly detail: string }

/**
 * Reads signature, timestamp and id from the headers, and refuses what no body could mend: a part that is
 * missing or that no vendor would write, and a timestamp outside the tolerance on either side.
 */
export function readClaim(scheme: Scheme, headers: Headers, now: Date, toleranceSeconds: number): Claimed {
  const header = headers.get(scheme.signature.header)
  if (!header) return missing(`no header ${scheme.signature.header}`)
  const items = scheme.signature.separator
    ? header.split(scheme.signature.separator).map(item => item.trim())
    : [header]

  const texts = after(scheme.signature.prefix, items)
  if (texts.length === 0)
    return missing(`${scheme.signature.header} holds no item that starts with "${scheme.signature.prefix}"`)
  const candidates = texts.slice(0, maxCandidates).flatMap(text => decode(text, scheme.signature.encoding) ?? [])

  const id = scheme.signed.includes('{id}') ? printable(headers.get(idHeader(scheme) ?? '')) : undefined
  if (id === undefined && scheme.signed.includes('{id}')) return missing(`no usable header ${idHeader(scheme)}`)
  if (!scheme.timestamp) return { claim: { candidates, ...(id !== undefined && { id }) } }

  const stated =
    'header' in scheme.timestamp ? [headers.get(scheme.timestamp.header)] : after(scheme.timestamp.prefix, items)
  const timestamp = stated.length === 1 ? stated[0] : undefined
  if (!timestamp) return missing(stated.length > 1 ? 'several timestamps' : 'no timestamp')
  const offBySeconds = /^\d{1,12}$/.test(timestamp) ? Math.abs(now.getTime() / 1000 - Number(timestamp)) : Number.NaN
  if (!(offBySeconds <= toleranceSeconds)) {
    return {
      fault: 'timestamp-outside',
      detail: `off by ${Math.round(offBySeconds)} s, tolerance ${toleranceSeconds} s`,
    }
  }
  return { claim: { candidates, timestamp, ...(id !== undefined && { id }) } }
}

/** The header that a `{id}` in the signed template stands for. */
export function idHeader(scheme: Scheme): string | undefined {
  const place = scheme.ids[0]
  return place && 'header' in place ? place.header : undefined
}

/** A header value that is visible ASCII of a sane length; an id or scope of any other kind is none. */
export function printable(value: string | null): string | undefined {
  return value && /^[\x21-\x7e]{1,256}$/.test(value) ? value : undefined
}

function after(prefix: string, items: readonly string[]): string[] {
  return items.filter(item => item.startsWith(prefix)).map(item => item.slice(prefix.length))
}

function missing(detail: string): Claimed {
  return { fault: 'signature-missing', detail }
}
