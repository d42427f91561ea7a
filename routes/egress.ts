import { Hono } from 'hono'
import { settleBudget } from '#core/egress/budget.ts'
import { costOf } from '#core/egress/cost/cost.ts'
import { UsageReader } from '#core/egress/cost/usage.ts'
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
    const { promise: journey, resolve: end } = Promise.withResolvers<Journey>()
    const usage = new UsageReader()
    const walk = await outbound.walk(exchangeOf(req.raw, ports), ports, admitted => {
      const isPriced = admitted.way?.rule.budget.usdPerDay !== undefined
      return send(admitted, ports, end, isPriced ? piece => usage.piece(piece) : undefined)
    })
    const { exchange } = walk
    if (walk.kind === 'refused') {
      const { refusal } = walk
      const requestBytes = exchange.body.seenBytes
      record(exchange, { decision: 'deny', refusal, requestBytes, answerBytes: 0, scrubbed: 0, hops: 0 }, ports)
      return withReplyHeaders(problem(refusal, exchange.requestId), exchange)
    }
    ports.background(journey.then(told => concluded(exchange, told, usage, ports)))
    return withReplyHeaders(walk.reply, exchange)
  })

/** What is left to do once the answer has ended: count what it cost, and write the record. */
async function concluded(exchange: Exchange, told: Journey, usage: UsageReader, ports: Ports): Promise<void> {
  const rule = exchange.way?.rule
  const requestBytes = exchange.body.seenBytes
  const { status, answerBytes } = told
  const cost =
    rule?.budget.usdPerDay === undefined ? undefined : costOf(rule.budget, usage, { status, requestBytes, answerBytes })
  const decision = rule?.mode === 'enforce' ? 'allow' : 'would-deny'
  record(exchange, { decision, ...told, requestBytes, ...(cost && { cost }) }, ports)
  const onError = exchange.entry?.manifest.spec.limits.onError ?? 'closed'
  const used = { bytes: requestBytes + answerBytes, usd: cost?.usd ?? 0 }
  if (rule) await settleBudget(exchange.app, rule, used, onError, ports.rates)
}

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
