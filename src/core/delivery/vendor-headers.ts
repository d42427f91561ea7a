import { dashed, isPassedHeader } from '#core/forward/header-names.ts'
import type { Scheme } from '#core/webhook/scheme.ts'

/** What ends here besides that which never passes the gateway. */
const endHere = new Set([
  'accept-encoding',
  // secrets
  'authorization',
  'cookie',
  // written afresh for every attempt
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
])

/**
 * The vendor's headers that are stored and reach the app: all but those of the connection, those that
 * carry secrets or signatures, and names that the gateway itself speaks under, also where `_` stands for `-`.
 */
export function vendorHeaders(headers: Headers, { signature, alsoSecret = [] }: Scheme): [string, string][] {
  const named = (headers.get('connection') ?? '').toLowerCase().split(',')
  const dropped = new Set([signature.header, ...alsoSecret, ...named.map(name => name.trim())].map(dashed))
  const ends = (name: string) => endHere.has(name) || dropped.has(name)
  return [...headers].filter(([name]) => isPassedHeader(name) && !ends(dashed(name)))
}
