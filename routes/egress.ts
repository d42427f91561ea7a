import { Hono } from 'hono'
import { record } from '#core/egress/record.ts'
import { type Journey, send } from '#core/egress/send.ts'
import { addressOf } from '#core/limits/address.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { outbound } from '#policies/pipeline.ts'
import { problem } from './reply.ts'

/** `ALL /egress/:host/*`, or `ALL /egress` with `gatehouse-target`: a micro-app reaches the outside. */
export const egress = (ports: Ports) =>
  new Hono().all('/*', async ({ req }) => {
    let end: (journey: Journey) => void = () => {}
    const journey = new Promise<Journey>(resolve => {
      end = resolve
    })
    const walk = await outbound.walk(exchangeOf(req.raw, ports), ports, admitted => send(admitted, ports, end))
    const { exchange } = walk
    const requestBytes = exchange.body.seenBytes
    if (walk.kind === 'refused') {
      const { refusal } = walk
      record(exchange, { decision: 'deny', refusal, requestBytes, answerBytes: 0, scrubbed: 0, hops: 0 }, ports)
      return withReplyHeaders(problem(refusal, exchange.requestId), exchange)
    }
    const decision = exchange.way?.rule.mode === 'enforce' ? 'allow' : 'would-deny'
    ports.background(
      journey.then(told => record(exchange, { decision, ...told, requestBytes: exchange.body.seenBytes }, ports)),
    )
    return withReplyHeaders(walk.reply, exchange)
  })

function withReplyHeaders(response: Response, { replyHeaders = {} }: Exchange): Response {
  for (const [name, value] of Object.entries(replyHeaders)) response.headers.set(name, value)
  return response
}

function exchangeOf({ headers, body, method, url }: Request, { clock, bodies, settings }: Ports): Exchange {
  return {
    door: 'egress',
    requestId: headers.get('cf-ray') ?? crypto.randomUUID(),
    receivedAt: clock.now(),
    app: '-',
    method,
    url,
    headers,
    address: addressOf(headers, settings),
    body: new BodyReader(() => body, headers.get('content-length'), bodies),
  }
}
