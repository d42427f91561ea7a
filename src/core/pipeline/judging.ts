import { Fault } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import type { Exchange } from './exchange.ts'
import { deny, type Mode, type Policy, type Verdict } from './policy.ts'

/** How a policy is set for the request. */
export function modeOf(policy: Policy, exchange: Exchange, ports: Ports): Mode {
  const spec = exchange.entry?.manifest.spec
  if (policy.isMandatory || !spec) return 'enforce'
  return policy.modeIn?.(spec, ports.settings) ?? spec.policies[policy.name]?.mode ?? 'enforce'
}

/** A `Fault` that a policy throws is its verdict; it came from deeper down, where a value could not be returned. */
export function judged(policy: Policy, exchange: Exchange, ports: Ports): Verdict | Promise<Verdict> {
  try {
    const verdict = policy.before(exchange, ports)
    return verdict instanceof Promise ? verdict.catch(verdictOf) : verdict
  } catch (error) {
    return verdictOf(error)
  }
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof Fault) return deny(error.code, error.detail)
  throw error
}

/** A verdict as it is recorded. */
export function resultOf({ kind }: Verdict, mode: Mode): string {
  return kind !== 'pass' && mode === 'shadow' ? `would-${kind}` : kind
}

/** What would have been done is logged, and summed with what it rests on. */
export function shadowed(
  policy: Policy,
  verdict: Verdict,
  exchange: Exchange,
  { log, shadows }: Pick<Ports, 'log' | 'shadows'>,
): void {
  if (verdict.kind === 'pass') return
  const { door, requestId } = exchange
  const would = `would-${verdict.kind}` as const
  const fault = verdict.kind === 'deny' && { fault: verdict.fault }
  const detail = verdict.kind === 'answer' ? 'an answer was at hand' : verdict.detail
  const field = (verdict.kind === 'deny' ? verdict.field : undefined) ?? policy.field?.(exchange)
  log.write('info', would, { ...about(exchange), policy: policy.name, ...fault, detail })
  const what = { policy: policy.name, door, verdict: would, ...fault, ...(field !== undefined && { field }) }
  if (exchange.entry) shadows.note(exchange.entry.app, what, requestId)
}

/** Which request it was, for a line of the log. */
export function about(exchange: Exchange): Record<string, unknown> {
  return { requestId: exchange.requestId, door: exchange.door, app: exchange.app, source: exchange.source }
}
