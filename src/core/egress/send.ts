import { Fault, type FaultCode } from '#core/fault.ts'
import { EgressRule } from '#core/manifest/egress-schema.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { Refused } from '#core/pipeline/refusal.ts'
import type { Walk } from '#core/pipeline/walk.ts'
import type { Ports } from '#core/ports.ts'
import { answerStream, type Ending } from './answer-stream.ts'
import { returningHeaders, withoutBodyHeaders, withoutOriginsOwn } from './departing-headers.ts'
import { type Fetched, fetchHop } from './hop.ts'
import { isRedirect, maxRedirects, onward, redirectTarget } from './redirect.ts'
import type { Arrival, Leg, Trip } from './trip.ts'

/** Judges what a redirect asks for like a new request, and goes on only if it passes. */
export type Judge = (redirected: Exchange, ending: (admitted: Exchange) => Promise<Response>) => Promise<Walk<Response>>

/** Faults after which the outside may have read what was sent, and have worked on it. */
const mayHaveArrived: readonly FaultCode[] = ['upstream-timeout', 'upstream-failed', 'request-invalid']

/** The terms of a request that no rule allows, and that shadow mode lets pass. */
const ruleless = EgressRule.parse({ to: 'https://ruleless.example' })

/**
 * Sends an admitted request out and hands the answer back, both streaming. Every redirect is judged like a
 * new request: it gets the terms and the credential of its own rule, and counts in that rule's limits.
 *
 * @param trip learns of every request that is made, and of the ending once the answer has ended in any way
 * @throws Fault `egress-denied` for a redirect that no rule allows, or the sixth; what else the judge refuses;
 *   `upstream-timeout`, `upstream-unreachable`, `secret-missing`, `issuer-unreachable`, and those of the app's body
 */
export async function send(exchange: Exchange, ports: Ports, trip: Trip, judge: Judge): Promise<Response> {
  const terms = exchange.way?.rule ?? ruleless
  const leg = trip.begin(exchange)
  const fetched = await fetchHop(exchange, terms.timeoutMs, ports).catch(error => {
    leg.isUnsent = !(error instanceof Fault && mayHaveArrived.includes(error.code))
    throw error
  })
  leg.status = fetched.answer.status
  const next = terms.followRedirects ? redirected(exchange, fetched, ports) : undefined
  if (!next) return answered(exchange, fetched, terms, arrival => trip.end(leg, arrival), leg.usage)
  fetched.answer.body?.cancel().catch(() => {})
  if (trip.legs.length > maxRedirects) throw new Fault('egress-denied', `more than ${maxRedirects} redirects`)
  exchange.leave?.()
  const walk = await judge(next, admitted => {
    assertSeen(exchange, admitted)
    return send(admitted, ports, trip, judge)
  })
  if (walk.kind === 'ended') return walk.reply
  const detail = `redirected to ${settled(next, 'target').url.host}: ${walk.refusal.detail}`
  throw new Refused({ ...walk.refusal, detail })
}

function answered(
  { method }: Exchange,
  { answer, scrubber }: Fetched,
  { maxBytes, timeoutMs: pauseMs }: EgressRule,
  arrived: (arrival: Arrival) => void,
  usage: Leg['usage'],
): Response {
  const { status, statusText } = answer
  const headers = returningHeaders(answer.headers, value => scrubber?.text(value) ?? value)
  const ended = (ending: Ending, answerBytes: number) =>
    arrived({ ending, answerBytes, scrubbed: scrubber?.count ?? 0 })
  const body = method === 'HEAD' || [204, 205, 304].includes(status) ? null : answer.body
  if (!body) ended('whole', 0)
  const watch = usage && ((piece: Uint8Array) => usage.piece(piece))
  const stream =
    body && answerStream(body, { maxBytes, pauseMs, ended, ...(scrubber && { scrubber }), ...(watch && { watch }) })
  return new Response(stream && ofStatedLength(stream, headers), { status, statusText, headers })
}

/**
 * A stream whose length the answer states keeps it on the wire, where the runtime can hold a stream to a
 * length; else it goes in chunks. What was packed has another length once it is unpacked.
 */
function ofStatedLength(stream: ReadableStream<Uint8Array>, headers: Headers): ReadableStream<Uint8Array> {
  const stated = headers.get('content-length')
  if (stated === null || !/^\d{1,15}$/.test(stated) || headers.has('content-encoding')) return stream
  if (typeof FixedLengthStream === 'undefined') return stream
  const { readable, writable } = new FixedLengthStream(Number(stated))
  stream.pipeTo(writable).catch(() => {})
  return readable
}

/** What an answer asks for instead, not yet judged; `undefined` when the answer is for the app. */
function redirected(exchange: Exchange, { answer, canSendAgain }: Fetched, ports: Ports): Exchange | undefined {
  const location = isRedirect(answer.status) ? answer.headers.get('location') : null
  if (location === null) return undefined
  const { method, carriesBody } = onward(answer.status, exchange.method)
  if (carriesBody && !canSendAgain) return undefined

  const { way: _, leave: __, ...rest } = exchange
  const { url } = settled(exchange, 'target')
  const target = redirectTarget(url, location, ports.settings)
  if (typeof target === 'string') throw new Fault('egress-denied', `redirected to a URL that ${target}`)
  const departing = settled(exchange, 'departing')
  const own = target.url.origin === url.origin ? departing : withoutOriginsOwn(departing)
  if (carriesBody) return { ...rest, method, target, departing: own }
  const body = new BodyReader(() => null, null, ports.bodies)
  return { ...rest, method, target, departing: withoutBodyHeaders(own), body }
}

/** Nothing goes to another rule that masks or guards what leaves, and has not seen it. */
function assertSeen(from: Exchange, { way, body }: Exchange): void {
  if (!way || way.rule === from.way?.rule) return
  const { masking, guards } = way.rule
  if (masking || guards?.after || (guards && body === from.body))
    throw new Fault('egress-denied', `redirected to ${way.rule.to}, which masks or guards what leaves`)
}
