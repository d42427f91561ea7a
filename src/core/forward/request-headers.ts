import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { sentHeaders } from '#core/pipeline/sent-headers.ts'
import { anyRegion } from '#core/residency/regions.ts'
import type { Trace } from '#core/telemetry/trace.ts'
import type { CallerHeaders } from './caller-headers.ts'
import { dashed, headerName } from './header-names.ts'

/** What the gateway has read for the app, and a state of the trace that may be malformed. */
const forGateway: ReadonlySet<string> = new Set(['authorization', 'dpop', 'tracestate'])

const none: readonly string[] = []

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
  caller: CallerHeaders,
): Headers {
  const { route, hops } = settled(exchange, 'api')
  // given to `fetch` as pairs or a record, the same headers cost several times as much
  const headers = new Headers(exchange.headers)
  const { names } = sentHeaders(exchange)
  const named = names.includes('connection') ? namesIn(headers.get('connection') ?? '') : none
  const isUpgrade = names.includes('upgrade') && headers.get('upgrade')?.toLowerCase() === 'websocket'
  const rules = route.headers?.request
  const left = rules ? [...rules.remove, ...Object.keys(rules.set)].map(dashed) : none
  for (const name of names) {
    const { read, isPassed } = headerName(name)
    const isTwice = read !== name && names.includes(read)
    const isLeft = !isPassed || forGateway.has(name) || named.includes(name) || left.includes(read)
    if (isLeft || isTwice) headers.delete(name)
  }
  if (isUpgrade) headers.set('upgrade', 'websocket')
  if (rules) for (const [name, value] of Object.entries(rules.set)) headers.set(name, value)

  headers.set('traceparent', traceparent)
  if (tracestate) headers.set('tracestate', tracestate)
  for (const [name, value] of caller) headers.set(name, value)
  headers.set('gatehouse-request-id', exchange.requestId)
  if (exchange.region !== undefined && exchange.region !== anyRegion) headers.set('gatehouse-region', exchange.region)
  headers.set('gatehouse-hops', String(hops + 1))
  return headers
}

/** The headers that a connection's own header names (RFC 9110 §7.6.1). */
function namesIn(connection: string): string[] {
  return connection
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
}
