import { Fault } from '#core/fault.ts'
import { EgressRule } from '#core/manifest/egress-schema.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { answerStream, type Ending } from './answer-stream.ts'
import { returningHeaders, withoutBodyHeaders, withoutOriginsOwn } from './departing-headers.ts'
import { type Fetched, fetchHop, type Hop } from './hop.ts'
import { judge, type Way } from './judge.ts'
import { isRedirect, maxRedirects, onward, redirectTarget } from './redirect.ts'
import type { Target } from './target.ts'

/** What happened on the way, told once the answer's last byte has passed. */
export interface Journey {
  readonly status: number
  readonly hops: number
  readonly answerBytes: number
  readonly scrubbed: number
  readonly ending: Ending
}

/** The terms of a request that no rule allows, and that shadow mode lets pass. */
const ruleless = EgressRule.parse({ to: 'https://ruleless.example' })

/**
 * Sends an admitted request out and hands the answer back, both streaming. Every redirect is judged like a
 * new request, and gets the credential of its own rule or none.
 *
 * @param told called once, when the answer has ended in any way
 * @param watch sees every piece of the answer as it came
 * @throws Fault `egress-denied` for a redirect that no rule allows, or the sixth; `upstream-timeout`,
 *   `upstream-unreachable`, `secret-missing`, `issuer-unreachable`, and those of the app's body
 */
export async function send(
  exchange: Exchange,
  ports: Ports,
  told: (journey: Journey) => void,
  watch?: (piece: Uint8Array) => void,
): Promise<Response> {
  const target = settled(exchange, 'target')
  const terms = exchange.way?.rule ?? ruleless
  let hop: Hop = {
    method: exchange.method,
    target,
    headers: settled(exchange, 'departing'),
    body: exchange.body,
    ...credentialed(exchange.way),
  }
  for (let hops = 1; ; hops++) {
    const fetched = await fetchHop(exchange, hop, terms.timeoutMs, ports)
    const next = terms.followRedirects ? nextHop(exchange, hop, fetched, ports) : undefined
    if (!next) return answered(fetched, hops)
    fetched.answer.body?.cancel().catch(() => {})
    if (hops > maxRedirects) throw new Fault('egress-denied', `more than ${maxRedirects} redirects`)
    hop = next
  }

  function answered({ answer, scrubber }: Fetched, hops: number): Response {
    const { status, statusText } = answer
    const headers = returningHeaders(answer.headers, value => scrubber?.text(value) ?? value)
    const ended = (ending: Ending, answerBytes: number) =>
      told({ status, hops, ending, answerBytes, scrubbed: scrubber?.count ?? 0 })
    const body = exchange.method === 'HEAD' || [204, 205, 304].includes(status) ? null : answer.body
    if (!body) ended('whole', 0)
    const { maxBytes, timeoutMs: pauseMs } = terms
    const stream =
      body && answerStream(body, { maxBytes, pauseMs, ended, ...(scrubber && { scrubber }), ...(watch && { watch }) })
    return new Response(stream && ofStatedLength(stream, headers), { status, statusText, headers })
  }
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

/** Where an answer leads on to; `undefined` when it is for the app. */
function nextHop(exchange: Exchange, hop: Hop, { answer, canSendAgain }: Fetched, ports: Ports): Hop | undefined {
  const location = isRedirect(answer.status) ? answer.headers.get('location') : null
  if (location === null) return undefined
  const { method, carriesBody } = onward(answer.status, hop.method)
  if (carriesBody && !canSendAgain) return undefined

  const target = redirectTarget(hop.target.url, location, ports.settings)
  if (typeof target === 'string') throw new Fault('egress-denied', `redirected to a URL that ${target}`)
  const way = wayOf(exchange, method, target)
  if (carriesBody && way && way.rule !== exchange.way?.rule && (way.rule.masking || way.rule.guards))
    throw new Fault('egress-denied', `redirected with a body to ${way.rule.to}, which masks or guards what leaves`)
  const own = target.url.origin === hop.target.url.origin ? hop.headers : withoutOriginsOwn(hop.headers)
  const headers = carriesBody ? own : withoutBodyHeaders(own)
  return { method, target, headers, ...(carriesBody && hop.body && { body: hop.body }), ...credentialed(way) }
}

function wayOf({ entry }: Exchange, method: string, target: Target): Way | undefined {
  if (!entry) throw new Error('a request goes out without an entry')
  const { manifest } = entry
  const judgement = judge(manifest, method, target)
  if (judgement.kind === 'allowed') return judgement.way
  if (judgement.kind === 'shadowed' || manifest.spec.policies.allowList?.mode === 'shadow') return undefined
  throw new Fault('egress-denied', `redirected to ${target.url.host}: ${judgement.detail}`)
}

/** A rule in shadow mode lends nobody its credential. */
function credentialed(way: Way | undefined): Pick<Hop, 'credential'> {
  const credential = way?.rule.mode === 'enforce' ? way.rule.credential : undefined
  return credential ? { credential } : {}
}
