import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import { Fault } from '#core/fault.ts'
import { onceFor } from '#core/once.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { Recent } from '#core/recent.ts'
import { upstreamOf } from '#core/steer/upstream.ts'
import type { Passage } from '#core/telemetry/request-record.ts'
import { clearAnswerHeaders } from './answer-headers.ts'
import { callerHeaders } from './caller-headers.ts'
import { Patience } from './patience.ts'
import { forwardedHeaders } from './request-headers.ts'

/** What is wrong with the upstreams of an isolate's settings, by their URLs: none is judged twice. */
const judgementsBy = onceFor((_: FetchSetting) => new Recent<{ readonly unsafe: string | undefined }>(remembered))
const remembered = 20_000

/** What a body means here, HTTP leaves open (RFC 9110 §9.3.1), and the runtime sends none. */
const bodiless: readonly string[] = ['GET', 'HEAD']
/** Doing it twice is the same as once (RFC 9110 §9.2.2). */
const idempotent: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']
const maxTries = 2

/**
 * Sends an admitted request on to its app and hands the answer back, both streaming. Redirects are the
 * caller's to follow. `timeoutMs` is how long the app has to begin its answer, all tries together; the rest
 * may take as long as the caller stays; if the caller goes away before it begins, the app is left. What could not be delivered is tried once more if it may be
 * repeated, its body is still there, and the budget of retries allows it.
 *
 * @param passage where it is noted what became of it
 * @throws Fault `upstream-timeout`, `upstream-unreachable` or `upstream-failed`, and those of a body that is too large or ends early
 */
export async function forward(exchange: Exchange, ports: Ports, passage: Passage): Promise<Response> {
  const entry = settled(exchange, 'entry')
  const { route, path, query } = settled(exchange, 'api')
  const upstream = upstreamOf(exchange)
  const unsafe = judgedUrl(upstream.url, ports.settings)
  if (unsafe) throw new Fault('entry-invalid', `the upstream of ${entry.app} ${unsafe}`)
  const url = upstream.url.replace(/\/$/, '') + path + query
  // whoever sends the same key again gets this answer, so the app is waited for also when nobody does now
  const patience = new Patience(exchange.claim ? undefined : exchange.gone)
  const reading = exchange.body.readSmall()
  if (reading) await reading
  const opened = exchange.body.forwarded(patience.end)
  const body = opened instanceof Promise ? await opened : opened
  if (body && bodiless.includes(exchange.method)) throw new Fault('request-invalid', `a ${exchange.method} with a body`)
  const mayRepeat = idempotent.includes(exchange.method) && !(body instanceof ReadableStream)

  const telling = callerHeaders(exchange, ports)
  const caller = telling instanceof Promise ? await telling : telling
  passage.upstream = upstream.key
  patience.begin(route.timeoutMs)
  try {
    for (let tries = 1; ; tries++) {
      passage.tries = tries
      const startedMs = ports.clock.now().getTime()
      const headers = forwardedHeaders(exchange, passage.trace, caller)
      const request = { method: exchange.method, headers, body, redirect: 'manual', signal: patience.signal } as const
      let answer: Response
      try {
        answer = await ports.upstreams.fetch(url, request)
        passage.upstreamMs = ports.clock.now().getTime() - startedMs
        const noting = ports.standings.note(entry, upstream.key, answer.status >= 500)
        if (noting) await noting
      } catch (error) {
        passage.upstreamMs = ports.clock.now().getTime() - startedMs
        const { failure } = exchange.body
        if (failure) throw failure
        if (patience.isLeft) throw new Fault('request-invalid', 'the caller went away before the answer began')
        // while a body still streams, it may be the caller who stopped
        if (!(body instanceof ReadableStream)) await ports.standings.note(entry, upstream.key, true)
        if (patience.signal.aborted) throw new Fault('upstream-timeout', `${upstream.url}: ${error}`)
        const isAgain = tries < maxTries && mayRepeat && ports.standings.takeRetry(entry, upstream.key)
        if (!isAgain) throw new Fault('upstream-unreachable', `${upstream.url}: ${error}`)
        ports.counters.count(entry.app, 'api_retries_total', { upstream: upstream.key })
        continue
      }
      // whatever is wrong with an answer that has come, asking again would do the same twice
      return answered(answer, exchange)
    }
  } finally {
    patience.release()
  }
}

/** The app's answer under the gateway's rules; a switch of protocol is handed on as it is. */
function answered(answer: Response, exchange: Exchange): Response {
  if (answer.status === 101) return answer
  if (answer.status > 599) {
    answer.body?.cancel().catch(() => {})
    throw new Fault('upstream-failed', `the app answered with ${answer.status}, which is no status`)
  }
  const response = new Response(answer.body, answer)
  clearAnswerHeaders(response.headers, exchange)
  return response
}

function judgedUrl(url: string, setting: FetchSetting): string | undefined {
  return judgementsBy(setting).get(url, text => ({ unsafe: unfetchable(text, setting) })).unsafe
}
