import { Hono } from 'hono/tiny'
import { settle } from '#core/egress/budget.ts'
import { record } from '#core/egress/record.ts'
import { send } from '#core/egress/send.ts'
import { Trip } from '#core/egress/trip.ts'
import { addressOf } from '#core/limits/address.ts'
import { BodyReader, silenceMs } from '#core/pipeline/body.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { requestIdOf } from '#core/request-id.ts'
import { outbound, redirected } from '#policies/pipeline.ts'
import { problem } from './reply.ts'

/** `ALL /egress/:host/*`, or `ALL /egress` with `gatehouse-target`: a micro-app reaches the outside. */
export const egress = (ports: Ports) =>
  new Hono().all('/*', async ({ req }) => {
    const trip = new Trip()
    const walk = await outbound.walk(exchangeOf(req.raw, ports), ports, admitted =>
      send(admitted, ports, trip, (exchange, ending) => redirected.walk(exchange, ports, ending)),
    )
    const { exchange } = walk
    if (walk.kind === 'refused') {
      const { refusal } = walk
      record(exchange, trip.legs, { refusal }, ports)
      if (trip.legs.length > 0) ports.background(settle(trip.legs, ports))
      const headers = { ...exchange.replyHeaders, ...refusal.headers }
      return problem({ ...refusal, headers }, exchange.requestId)
    }
    ports.background(trip.arrived.then(arrival => concluded(exchange, trip, arrival)))
    return withReplyHeaders(walk.reply, exchange)

    /** What is left to do once the answer has ended: write the record, and count what it used. */
    async function concluded(exchange: Exchange, { legs }: Trip, arrival: Awaited<Trip['arrived']>): Promise<void> {
      record(exchange, legs, { arrival }, ports)
      await settle(legs, ports)
    }
  })

function withReplyHeaders(response: Response, { replyHeaders = {} }: Exchange): Response {
  for (const [name, value] of Object.entries(replyHeaders)) response.headers.set(name, value)
  return response
}

function exchangeOf(request: Request, { clock, bodies, settings }: Ports): Exchange {
  const { headers, body, method, url } = request
  return {
    door: 'egress',
    requestId: requestIdOf(headers),
    receivedAt: clock.now(),
    app: '-',
    method,
    url,
    headers,
    address: addressOf(headers, settings),
    body: new BodyReader(() => body, headers.get('content-length'), bodies, silenceMs),
    gone: () => request.signal,
  }
}
