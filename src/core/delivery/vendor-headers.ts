import type { Scheme } from '#core/webhook/scheme.ts'

const neverPassed = new Set([
  // hop-by-hop: RFC 9110 §7.6.1
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // of this hop
  'host',
  'content-length',
  'accept-encoding',
  'expect',
  // secrets
  'authorization',
  'cookie',
  // who forwarded what: the app learns it from the gateway or not at all
  'forwarded',
  'x-real-ip',
  'true-client-ip',
  // written afresh for every attempt
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
])

const neverPassedPrefixes = ['x-forwarded-', 'cf-', 'gatehouse-']

/**
 * The vendor's headers that are stored and reach the app: all but those of the connection, those that
 * carry secrets or signatures, and names that the gateway itself speaks under.
 */
export function vendorHeaders(headers: Headers, { signature, alsoSecret = [] }: Scheme): [string, string][] {
  const named = (headers.get('connection') ?? '').toLowerCase().split(',')
  const dropped = new Set([signature.header, ...alsoSecret, ...named.map(name => name.trim())])
  return [...headers].filter(
    ([name]) =>
      !neverPassed.has(name) && !dropped.has(name) && !neverPassedPrefixes.some(prefix => name.startsWith(prefix)),
  )
}
