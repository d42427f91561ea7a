import { type FaultCode, faultRow } from '#core/fault.ts'
import { type Refusal, refusalOf } from '#core/pipeline/refusal.ts'
import type { Log, Ports } from '#core/ports.ts'
import { requestIdOf } from '#core/request-id.ts'

/** What a refusal is about: where the log line says it happened. */
export interface About {
  readonly requestId: string
  readonly door: string
  readonly app?: string
  readonly source?: string
}

/** A refusal as a response, and why exactly as a line in the log, under the request id that both carry. */
export function refuse(refusal: Refusal, about: About, log: Log): Response {
  const { fault, policy, detail } = refusal
  const { requestId, door, app, source } = about
  log.write(levelOf(fault), 'refused', { requestId, door, app, source, fault, policy, detail })
  return problem(refusal, requestId)
}

/** A fault of the gateway's own is an error; any other is the day's work. */
export function levelOf(fault: FaultCode): 'info' | 'error' {
  return faultRow(fault).blame === 'gateway' ? 'error' : 'info'
}

/** The only place where a fault becomes a response: RFC 9457 problem details. Strangers learn the code and what to do. */
export function problem(refusal: Refusal, requestId: string): Response {
  const { status, title, remediation, retryAfterSeconds, challenge } = faultRow(refusal.fault)
  const { fault, policy, problems } = refusal
  const headers = new Headers(refusal.headers)
  headers.set('content-type', 'application/problem+json')
  headers.set('gatehouse-fault', fault)
  headers.set('cache-control', 'no-store')
  if (retryAfterSeconds !== undefined && !headers.has('retry-after'))
    headers.set('retry-after', String(retryAfterSeconds))
  if (challenge && !headers.has('www-authenticate')) headers.set('www-authenticate', challenge)
  const body = {
    type: `/faults/${fault}`,
    title,
    status,
    code: fault,
    ...(policy && { policy }),
    requestId,
    remediation,
    ...(problems.length > 0 && { faults: problems }),
  }
  return new Response(JSON.stringify(body), { status, headers })
}

/** What was thrown where no door could answer for itself. */
export function refused(request: Request, error: unknown, { log }: Ports): Response {
  const requestId = requestIdOf(request.headers)
  const door = URL.parse(request.url)?.pathname.split('/')[1] ?? ''
  return refuse(refusalOf(error, door), { requestId, door }, log)
}
