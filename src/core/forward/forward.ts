import { unfetchable } from '#core/egress/fetchable.ts'
import { Fault } from '#core/fault.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { upstreamIn } from '#core/residency/upstream.ts'
import type { Passage } from '#core/telemetry/request-record.ts'
import { answerHeaders } from './answer-headers.ts'
import { callerHeaders } from './caller-headers.ts'
import { forwardedHeaders } from './request-headers.ts'

/**
 * Sends an admitted request on to its app and hands the answer back, both streaming. Redirects are the
 * caller's to follow. `timeoutMs` is how long the app has to begin its answer; the rest may take as long
 * as the caller stays.
 *
 * @param passage where it is noted what became of it
 * @throws Fault `upstream-timeout` or `upstream-unreachable`, and those of a body that is too large or ends early
 */
export async function forward(exchange: Exchange, ports: Ports, passage: Passage): Promise<Response> {
  const { app, manifest } = settled(exchange, 'entry')
  const { route, path, query } = settled(exchange, 'api')
  const region = settled(exchange, 'region')
  const upstream = upstreamIn(manifest.spec, 'stable', region)?.url
  if (upstream === undefined) throw new Fault('region-denied', `${app} has no upstream in ${region}`)
  const unsafe = unfetchable(upstream, ports.settings)
  if (unsafe) throw new Fault('entry-invalid', `the upstream of ${app} ${unsafe}`)
  const url = upstream.replace(/\/$/, '') + path + query

  const startedMs = ports.clock.now().getTime()
  const caller = await callerHeaders(exchange, ports)
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), route.timeoutMs)
  try {
    const answer = await ports.upstreams.fetch(url, {
      method: exchange.method,
      headers: forwardedHeaders(exchange, passage.trace, caller),
      body: await exchange.body.forwarded(),
      redirect: 'manual',
      signal: abort.signal,
    })
    return answered(answer, exchange)
  } catch (error) {
    const { failure } = exchange.body
    if (failure) throw failure
    const fault = abort.signal.aborted ? 'upstream-timeout' : 'upstream-unreachable'
    throw new Fault(fault, `${upstream}: ${error}`)
  } finally {
    clearTimeout(timer)
    passage.upstreamMs = ports.clock.now().getTime() - startedMs
  }
}

/** The app's answer under the gateway's rules; a switch of protocol is handed on as it is. */
function answered(answer: Response, exchange: Exchange): Response {
  if (answer.status === 101) return answer
  const { status, statusText, headers } = answer
  return new Response(answer.body, { status, statusText, headers: answerHeaders(headers, exchange) })
}
