import { nextTraceparent } from '#core/telemetry/trace.ts'
import type { SignInput } from '#core/webhook/sign.ts'
import type { Consignment } from './event.ts'

/**
 * The headers of one attempt: the vendor's, then ours. The signature is made afresh, so that its timestamp
 * is of this attempt; id and body stay the same.
 *
 * @param sign makes the headers of the signature; absent: the delivery goes out unsigned, as a manifest
 *   without `signing` asks
 * @param token the app's own token, where it gets one
 * @throws what `sign` throws
 */
export async function deliveryHeaders(
  consignment: Consignment,
  sign: ((input: SignInput) => Promise<Readonly<Record<string, string>>>) | undefined,
  now: Date,
  token?: string,
): Promise<Headers> {
  const headers = new Headers(consignment.headers.map(([name, value]) => [name, value] as [string, string]))
  const timestampSeconds = Math.floor(now.getTime() / 1000)
  headers.set('webhook-id', consignment.eventId)
  headers.set('webhook-timestamp', String(timestampSeconds))
  const signed = (await sign?.({ id: consignment.eventId, timestampSeconds })) ?? {}
  for (const [name, value] of Object.entries(signed)) headers.set(name, value)
  headers.set('gatehouse-source', consignment.source)
  headers.set('gatehouse-attempt', String(consignment.attempt))
  headers.set('gatehouse-received-at', new Date(consignment.receivedAtMs).toISOString())
  if (token !== undefined) headers.set('gatehouse-token', token)
  if (consignment.isLate) headers.set('gatehouse-late', 'true')
  if (consignment.gaps?.length) headers.set('gatehouse-gap', consignment.gaps.join(', '))
  headers.set('gatehouse-hops', String(consignment.hops + 1))
  const given = headers.get('traceparent')
  const traceparent = nextTraceparent(given)
  if (given?.slice(3, 35) !== traceparent.slice(3, 35)) headers.delete('tracestate')
  headers.set('traceparent', traceparent)
  return headers
}

/** The upstream's base URL joined with a source's path, each as the manifest wrote it. */
export function deliveryUrl(upstream: string, path: string): string {
  return upstream.replace(/\/$/, '') + path
}
