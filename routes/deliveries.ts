import { attempt } from '#core/delivery/attempt.ts'
import type { Consignment, Outcome, Settlement } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { deliveryHeaders, deliveryUrl } from '#core/delivery/request.ts'
import { termsOf } from '#core/delivery/terms.ts'
import { unfetchable } from '#core/egress/fetchable.ts'
import { Fault } from '#core/fault.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { upstreamIn } from '#core/residency/upstream.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { type SignInput, signAs } from '#core/webhook/sign.ts'
import { signPassing } from '#core/webhook/sign-passing.ts'
import { delivery } from '#policies/pipeline.ts'

/** How long signing may take to read a large body: with the time-out of the attempt it is within the lease. */
const signingTimeoutMs = 20_000

/**
 * A mailbox hands events over: each is attempted once, side by side, and each outcome is reported when it
 * is known. A report that fails ends the call only after the others, which would be cut off with it.
 */
export async function deliveries(consignments: readonly Consignment[], ports: Ports): Promise<void> {
  const reports = await Promise.allSettled(
    consignments.map(async consignment => ports.mailboxes.settle(await delivered(consignment, ports))),
  )
  for (const report of reports) if (report.status === 'rejected') throw report.reason
}

/** An attempt whose answer somebody waits for. */
export interface Awaited {
  /** How long they wait; the source's own time-out still holds. */
  readonly timeoutMs: number
  /** Reads the answer, within that time. */
  read(answer: Response): Promise<void>
}

/** Attempts one event, with the entry of this moment. Never throws: what goes wrong is an outcome. */
export async function delivered(consignment: Consignment, ports: Ports, by?: Awaited): Promise<Settlement> {
  const { eventId, attempt: n } = consignment
  const exchange = exchangeOf(consignment, ports)
  const walk = await delivery.walk(exchange, ports, admitted => send(consignment, admitted, ports, by))
  const outcome: Outcome = walk.kind === 'ended' ? walk.reply : { kind: 'held', fault: walk.refusal.fault }
  if (walk.kind === 'refused') {
    ports.log.write('warn', 'delivery-held', { eventId, fault: walk.refusal.fault, detail: walk.refusal.detail })
  }
  const manifest = walk.exchange.entry?.manifest
  const source = manifest?.spec.webhooks[consignment.source]
  const result = outcome.kind === 'answered' ? String(outcome.status) : outcome.fault
  ports.counters.count(exchange.app, 'deliveries_total', { source: consignment.source, result })
  return {
    eventId,
    attempt: n,
    outcome,
    ...(source && { terms: termsOf(source, manifest, mailboxOf(eventId)?.shard) }),
  }
}

/** A delivery as the pipeline sees it: without its body, which no policy judges again. */
function exchangeOf({ eventId, source, receivedAtMs }: Consignment, { bodies }: Ports): Exchange {
  const address = mailboxOf(eventId)
  return {
    door: 'delivery',
    requestId: eventId,
    receivedAt: new Date(receivedAtMs),
    app: address?.app ?? '',
    source,
    method: 'POST',
    url: '',
    headers: new Headers(),
    ...(address && { region: address.region }),
    body: new BodyReader(() => null, null, bodies),
  }
}

/** One attempt, with the entry of this moment. What is wrong on our side holds the event back; it does not die of it. */
async function send(consignment: Consignment, exchange: Exchange, ports: Ports, by?: Awaited): Promise<Outcome> {
  const { app, digest, manifest } = settled(exchange, 'entry')
  const source = manifest.spec.webhooks[consignment.source]
  if (!source) throw new Fault('source-unknown', `${app} no longer has the source ${consignment.source}`)

  const region = settled(exchange, 'region')
  const upstream = upstreamIn(manifest.spec, 'stable', region)
  if (!upstream) throw new Fault('region-denied', `${app} has no upstream in ${region}`)
  const url = deliveryUrl(upstream.url, source.path)
  const unsafe = unfetchable(url, ports.settings)
  if (unsafe) throw new Fault('entry-invalid', `the upstream of ${app} ${unsafe}`)

  const keys = await signingKeys(app, manifest.spec.signing?.secrets ?? [], ports)
  const bearer = { app, subject: `webhook:${consignment.source}`, scopes: [] }
  const token = getsToken(manifest) ? await ports.appTokens.forwarded(bearer, digest) : undefined
  const inHand = consignment.body && new Uint8Array(consignment.body)
  const sign = keys.length > 0 ? (input: SignInput) => signed(input, inHand, keys, ports) : undefined
  const headers = await deliveryHeaders(consignment, sign, ports.clock.now(), token)
  const body = inHand ?? (await ports.payloads.get(consignment.eventId))
  const timeoutMs = Math.min(source.delivery.timeoutMs, by?.timeoutMs ?? Number.POSITIVE_INFINITY)
  return attempt(url, headers, body, timeoutMs, ports.upstreams, ports.clock, by?.read)
}

/**
 * Standard Webhooks v1, one signature per key. A body in the payload store is read once to be signed, and
 * once more to be sent: the signature stands before it and covers all of it.
 */
async function signed(input: SignInput, body: Uint8Array<ArrayBuffer> | undefined, keys: Secret[], ports: Ports) {
  const scheme = schemes['standard-webhooks']
  if (body) return signAs(scheme, body, input, keys)
  const { digests, payloads } = ports
  const signal = AbortSignal.timeout(signingTimeoutMs)
  return signPassing(scheme, await payloads.get(input.id), input, keys, { digests, signal })
}

/** An app that may go out needs the token to do so; without a signature it is what tells that a delivery is from the gateway. */
function getsToken({ spec }: Manifest): boolean {
  return spec.signing === undefined || spec.egress.length > 0
}

/** The keys in place. While one of several is missing the others sign; the app knows them all. */
async function signingKeys(app: string, names: readonly string[], { secrets }: Ports): Promise<Secret[]> {
  const found = await Promise.all(names.map(name => secrets.find(app, name)))
  const keys = found.filter(key => key !== undefined)
  if (names.length > 0 && keys.length === 0)
    throw new Fault('secret-missing', `none of the signing secrets of ${app} is in place`)
  return keys
}
