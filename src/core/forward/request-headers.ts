import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { anyRegion } from '#core/residency/regions.ts'
import type { Trace } from '#core/telemetry/trace.ts'
import { dashed, isPassedHeader } from './header-names.ts'

/**
 * The headers of a request on its way to the app: the caller's, less those that end at this hop, the ones
 * that `connection` names, and the token, which was for the gateway alone; then the route's rules; then ours.
 * A name with `_` goes where an app could take it for another one that is there, or that a rule takes out.
 *
 * @param caller what tells the app who calls
 */
export function forwardedHeaders(
  exchange: Exchange,
  { traceparent, tracestate }: Trace,
  caller: Readonly<Record<string, string>>,
): Headers {
  const { route, hops } = settled(exchange, 'api')
  // given to `fetch` as pairs or a record, the same headers cost several times as much
  const headers = new Headers(exchange.headers)
  const named = (headers.get('connection') ?? '')
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
  const isUpgrade = headers.get('upgrade')?.toLowerCase() === 'websocket'
  const { remove = [], set = {} } = route.headers?.request ?? {}
  const left = [...remove, ...Object.keys(set)].map(dashed)
  for (const name of exchange.headers.keys()) {
    const read = dashed(name)
    const isTwice = read !== name && exchange.headers.has(read)
    if (!isPassedHeader(name) || named.includes(name) || left.includes(read) || isTwice) headers.delete(name)
  }
  headers.delete('authorization')
  headers.delete('dpop')
  if (isUpgrade) headers.set('upgrade', 'websocket')
  for (const [name, value] of Object.entries(set)) headers.set(name, value)

  headers.set('traceparent', traceparent)
  if (tracestate) headers.set('tracestate', tracestate)
  else headers.delete('tracestate')
  for (const [name, value] of Object.entries(caller)) headers.set(name, value)
  headers.set('gatehouse-request-id', exchange.requestId)
  if (exchange.region !== undefined && exchange.region !== anyRegion) headers.set('gatehouse-region', exchange.region)
  headers.set('gatehouse-hops', String(hops + 1))
  return headers
}
