import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import { keep } from '#core/delivery/keep.ts'
import { sealedOrderKey } from '#core/delivery/order-key.ts'
import { settlingMs } from '#core/delivery/shard.ts'
import { termsOf } from '#core/delivery/terms.ts'
import { vendorHeaders } from '#core/delivery/vendor-headers.ts'
import { Fault } from '#core/fault.ts'
import { addressOf } from '#core/limits/address.ts'
import { BodyReader, silenceMs } from '#core/pipeline/body.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { requestIdOf } from '#core/request-id.ts'
import { dedupeClaims } from '#core/webhook/event-identity.ts'
import { handshakeReply } from '#core/webhook/handshake.ts'
import { inbound } from '#policies/pipeline.ts'
import { answerOfApp, keptAnswer } from './answers.ts'
import { refuse } from './reply.ts'

/** `POST /hooks/:app/:source`: a vendor pushes; what is verified is kept, and then answered. */
export const hooks = (ports: Ports) =>
  new Hono().all('/:app/:source', async context => {
    const exchange = exchangeOf(context, ports)
    const walk = await inbound.walk(exchange, ports, verified => enqueue(verified, ports))
    const result = walk.kind === 'ended' ? walk.reply.result : walk.refusal.fault
    ports.counters.count(walk.exchange.entry?.app ?? '-', 'hooks_requests_total', { result })
    if (walk.kind === 'refused' && walk.refusal.fault === 'app-unknown') ports.discoveries.note(walk.exchange.app)
    const response = walk.kind === 'ended' ? walk.reply.response : refuse(walk.refusal, walk.exchange, ports.log)
    for (const [name, value] of Object.entries(walk.exchange.replyHeaders ?? {})) response.headers.set(name, value)
    return response
  })

function exchangeOf({ req }: Context<object, '/:app/:source'>, { settings, clock, bodies }: Ports): Exchange {
  const { headers, body, method, url } = req.raw
  return {
    door: 'hooks',
    requestId: requestIdOf(headers),
    receivedAt: clock.now(),
    app: req.param('app'),
    source: req.param('source'),
    method,
    url,
    headers,
    address: addressOf(headers, settings),
    body: new BodyReader(() => body, headers.get('content-length'), bodies, silenceMs),
  }
}

/** Answers a handshake, or keeps the event and answers once it is durable. */
async function enqueue(exchange: Exchange, ports: Ports): Promise<{ result: string; response: Response }> {
  const { name, source, scheme, hops } = settled(exchange, 'webhook')
  const { bytes, signedBytes, document } = settled(exchange, 'verified')

  const echo = handshakeReply(scheme, document)
  if (echo !== undefined) {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
    return { result: 'handshake', response: new Response(echo, { headers }) }
  }

  const { dedupe } = source
  const stored = exchange.stored ?? { bytes, headers: exchange.headers }
  const orderKey = await sealedOrderKey(
    source,
    { app: exchange.app, source: name },
    exchange.headers,
    document,
    ports.settings.keyEncryptionKey,
  )
  const draft = {
    source: name,
    receivedAtMs: exchange.receivedAt.getTime(),
    headers: vendorHeaders(stored.headers, scheme),
    body: stored.bytes,
    size: stored.bytes.length,
    hops,
    ...(orderKey !== undefined && { orderKey }),
    ...(exchange.isDropped && { isDropped: true as const }),
    ...(source.mode === 'sync' && { isSync: true as const }),
    claims: await dedupeClaims(scheme, name, exchange.headers, document, signedBytes, dedupe.by),
    dedupeMs: (dedupe.windowHours ?? scheme.dedupeHours) * 3_600_000,
  }
  const acceptance = await kept(draft)
  if (acceptance.kind === 'accepted') {
    const { eventId, lent } = acceptance
    const { receivedAtMs, headers } = draft
    const consignment = lent && { ...lent, eventId, source: name, receivedAtMs, headers, body: stored.bytes, hops }
    const answer = consignment && (await answerOfApp(consignment, { receivedAt: exchange.receivedAt, scheme }, ports))
    if (answer) return { result: 'answered', response: answer }
    return { result: exchange.isDropped ? 'dropped' : 'accepted', response: keptAnswer(source, eventId, false) }
  }
  if (acceptance.by === 'bytes') ports.counters.count(exchange.app, 'replayed_bytes_total', { source: name })
  return { result: 'duplicate', response: keptAnswer(source, acceptance.eventId, true) }

  async function kept(event: typeof draft) {
    const { app, manifest, publishedAt } = settled(exchange, 'entry')
    const { shards } = source.delivery
    const isSettling = exchange.receivedAt.getTime() < publishedAt.getTime() + settlingMs
    const spread = { region: settled(exchange, 'region'), app, shards, isSettling }
    try {
      return await keep(event, spread, shard => termsOf(source, manifest, shard), ports)
    } catch (error) {
      throw new Fault('overloaded', `no mailbox of ${app} took the event: ${error}`)
    }
  }
}
