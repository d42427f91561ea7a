import type { Target } from '#core/api/raw-path.ts'
import { forward } from '#core/forward/forward.ts'
import { addressOf } from '#core/limits/address.ts'
import { recalledHeaders } from '#core/limits/recalled.ts'
import { BodyReader, silenceMs } from '#core/pipeline/body.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import { SentHeaders } from '#core/pipeline/sent-headers.ts'
import type { Walk } from '#core/pipeline/walk.ts'
import type { Ports } from '#core/ports.ts'
import { requestIdOf } from '#core/request-id.ts'
import type { Origin } from '#core/residency/region-of.ts'
import { anyRegion } from '#core/residency/regions.ts'
import { LabelSets } from '#core/telemetry/label-sets.ts'
import { type Passage, requestRecord } from '#core/telemetry/request-record.ts'
import { nextTrace } from '#core/telemetry/trace.ts'
import { inbound } from '#policies/pipeline.ts'
import { levelOf, problem, refused } from './reply.ts'

const callLabels = new LabelSets('route', 'method', 'upstream', 'result')
const routeLabels = new LabelSets('route')

/** Which app is called, and at which host of its own, if it is one. */
type Called = Pick<Exchange, 'app' | 'host'>

/** `ALL /apps/:app/*`: a caller reaches an app's API. */
export function apps(request: Request, { app }: Target, ports: Ports): Promise<Response> {
  return called(request, { app }, ports).catch(error => refused(request, error, ports))
}

/** A call to an app's API, wherever it came in; what the policies let pass is forwarded, streaming. */
export async function called(request: Request, app: Called, ports: Ports): Promise<Response> {
  const sent = new SentHeaders(request.headers)
  const passage: Passage = { trace: nextTrace(sent.get('traceparent'), sent.get('tracestate')) }
  const exchange = exchangeOf(request, sent, app, ports)
  const walk = await inbound.walk(exchange, ports, admitted => forward(admitted, ports, passage))
  const response = walk.kind === 'ended' ? walk.reply : refusal(walk, ports)
  record(walk, response, passage, ports)
  return withReplyHeaders(response, walk.exchange)
}

/** A refusal says how the limits of its route stand, also where it came before they were met. */
function refusal({ exchange, refusal }: Extract<Walk<Response>, { kind: 'refused' }>, ports: Ports): Response {
  const isTold = refusal.headers.ratelimit !== undefined || (exchange.limits?.length ?? 0) > 0
  const headers = isTold ? refusal.headers : { ...recalledHeaders(exchange, ports), ...refusal.headers }
  return problem({ ...refusal, headers }, exchange.requestId)
}

function exchangeOf(
  request: Request,
  sent: SentHeaders,
  { app, host }: Called,
  { settings, clock, bodies }: Ports,
): Exchange {
  const { headers, method, url } = request
  const exchange: Exchange = {
    door: 'apps',
    requestId: requestIdOf(sent),
    receivedAt: clock.now(),
    app,
    method,
    url,
    headers,
    sent,
    gone: () => request.signal,
    address: addressOf(sent, settings),
    origin: () => originOf(request.cf ?? {}),
    body: new BodyReader(() => request.body, sent.get('content-length'), bodies, silenceMs),
  }
  return host === undefined ? exchange : { ...exchange, host }
}

/** Where Cloudflare saw the request come from; one machine cannot tell. */
function originOf({ country, continent }: Readonly<Record<string, unknown>>): Origin {
  return {
    ...(typeof country === 'string' && { country }),
    ...(typeof continent === 'string' && { continent }),
  }
}

/** One line in the log and the figures of `/metrics`. A path is counted only as the route it belongs to. */
function record(
  walk: Walk<Response>,
  response: Response,
  passage: Passage,
  { clock, counters, discoveries, log }: Ports,
): void {
  const { exchange, trail } = walk
  const { fault, policy, detail } = walk.kind === 'refused' ? walk.refusal : {}
  const ms = clock.now().getTime() - exchange.receivedAt.getTime()
  const stated = response.headers.get('content-length')
  const bytesOut = stated === null ? undefined : Number(stated)
  const outcome = { status: response.status, ms, bytesOut, ...(fault && { fault, detail }), ...(policy && { policy }) }
  const { fields, shared } = requestRecord(exchange, trail, passage, outcome)
  log.write(fault ? levelOf(fault) : 'info', 'request', fields, shared)

  if (fault === 'app-unknown') discoveries.note(exchange.app)
  const app = exchange.entry?.app ?? '-'
  const route = exchange.api?.route.path ?? '-'
  const method = exchange.api ? exchange.method : '-'
  const upstream = passage.upstream ?? '-'
  const result = fault ?? String(response.status)
  const ofRoute = routeLabels.of(route)
  counters.count(app, 'api_requests_total', callLabels.of(route, method, upstream, result))
  counters.observe(app, 'api_request_milliseconds', ofRoute, ms)
  if (passage.upstreamMs !== undefined) counters.observe(app, 'api_upstream_milliseconds', ofRoute, passage.upstreamMs)
}

/** A switch of protocol carries no headers of ours: its own are sealed. */
function withReplyHeaders(
  response: Response,
  { replyHeaders = {}, requestId, region = anyRegion }: Exchange,
): Response {
  if (response.status === 101) return response
  response.headers.set('gatehouse-request-id', requestId)
  if (region !== anyRegion) response.headers.set('gatehouse-region', region)
  for (const [name, value] of Object.entries(replyHeaders)) {
    if (name === 'vary') response.headers.append(name, value)
    else response.headers.set(name, value)
  }
  return response
}
