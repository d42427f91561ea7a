import { Hono } from 'hono'
import { targetOf } from '#core/api/raw-path.ts'
import { Fault } from '#core/fault.ts'
import { forward } from '#core/forward/forward.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { inbound } from '#policies/pipeline.ts'
import { refuse } from './reply.ts'

/** `ALL /apps/:app/*`: a caller reaches an app's API; what the policies let pass is forwarded, streaming. */
export const apps = (ports: Ports) =>
  new Hono().all('/*', async ({ req }) => {
    const walk = await inbound.walk(exchangeOf(req.raw, ports), ports, admitted => forward(admitted, ports))
    const { exchange } = walk
    const response = walk.kind === 'ended' ? walk.reply : refuse(walk.refusal, exchange, ports.log)
    const result = walk.kind === 'ended' ? String(response.status) : walk.refusal.fault
    ports.counters.count(exchange.entry?.app ?? '-', 'api_requests_total', {
      route: exchange.api?.route.path ?? '-',
      method: exchange.api ? exchange.method : '-',
      result,
    })
    return withReplyHeaders(response, exchange)
  })

/** A switch of protocol carries no headers of ours: its own are sealed. */
function withReplyHeaders(response: Response, { replyHeaders = {} }: Exchange): Response {
  if (response.status === 101) return response
  for (const [name, value] of Object.entries(replyHeaders)) {
    if (name === 'vary') response.headers.append(name, value)
    else response.headers.set(name, value)
  }
  return response
}

function exchangeOf({ headers, body, method, url, cf }: Request, { clock, bodies }: Ports): Exchange {
  const target = targetOf(url, '/apps/')
  if (!target) throw new Fault('route-unknown', 'the path as it was sent is not under /apps/')
  return {
    door: 'apps',
    requestId: headers.get('cf-ray') ?? crypto.randomUUID(),
    receivedAt: clock.now(),
    app: target.app,
    method,
    url,
    headers,
    ...(cf && { origin: originOf(cf) }),
    body: new BodyReader(() => body, headers.get('content-length'), bodies),
  }
}

/** Where Cloudflare saw the request come from; one machine cannot tell. */
function originOf({ country, continent }: Readonly<Record<string, unknown>>): NonNullable<Exchange['origin']> {
  return {
    ...(typeof country === 'string' && { country }),
    ...(typeof continent === 'string' && { continent }),
  }
}
