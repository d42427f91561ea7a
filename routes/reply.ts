import { faultRow } from '#core/fault.ts'
import type { Refusal } from '#core/pipeline/refusal.ts'
import type { Log } from '#core/ports.ts'

/** What a refusal is about: where the log line says it happened. */
export interface About {
  readonly requestId: string
  readonly door: string
  readonly app?: string
  readonly source?: string
}

/**
 * The only place where a fault becomes a response: RFC 9457 problem details. Strangers learn the code and
 * what to do; why exactly goes to the log, under the request id that both carry.
 */
export function refuse(refusal: Refusal, about: About, log: Log): Response {
  const { status, title, remediation, retryAfterSeconds, challenge, blame } = faultRow(refusal.fault)
  const { fault, policy, detail, problems } = refusal
  const { requestId, door, app, source } = about
  log.write(blame === 'gateway' ? 'error' : 'info', 'refused', { requestId, door, app, source, fault, policy, detail })

  const headers = new Headers(refusal.headers)
  headers.set('content-type', 'application/problem+json')
  headers.set('gatehouse-fault', fault)
  headers.set('cache-control', 'no-store')
  if (retryAfterSeconds !== undefined) headers.set('retry-after', String(retryAfterSeconds))
  if (challenge) headers.set('www-authenticate', challenge)
  const problem = {
    type: `/faults/${fault}`,
    title,
    status,
    code: fault,
    ...(policy && { policy }),
    requestId,
    remediation,
    ...(problems.length > 0 && { faults: problems }),
  }
  return new Response(JSON.stringify(problem), { status, headers })
}
