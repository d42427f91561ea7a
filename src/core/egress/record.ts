import { faultRow } from '#core/fault.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Refusal } from '#core/pipeline/refusal.ts'
import type { Ports } from '#core/ports.ts'
import type { Ending } from './answer-stream.ts'
import type { Cost } from './cost/cost.ts'
import { pathTemplate } from './path-template.ts'

/** What became of a request to the outside, as far as it got. */
export interface Outcome {
  readonly decision: 'allow' | 'would-deny' | 'deny'
  /** Why it was refused; its detail names the closest rule. */
  readonly refusal?: Refusal
  readonly status?: number
  readonly ending?: Ending
  readonly requestBytes: number
  readonly answerBytes: number
  readonly scrubbed: number
  readonly cost?: Cost
  readonly hops: number
}

/**
 * The one line that the log keeps of a request to the outside, and its counters: who, where, by which rule,
 * what became of it. Never a query, a body, a header, or a segment of the path that may be somebody's.
 */
export function record(exchange: Exchange, outcome: Outcome, { log, counters, clock, places, audit }: Ports): void {
  const { target, way, method, entry } = exchange
  const app = entry?.app ?? '-'
  const rule = way?.rule
  const { refusal, cost, ...facts } = outcome
  const { decision, requestBytes, answerBytes, scrubbed, status } = facts
  const isOurs = refusal !== undefined && faultRow(refusal.fault).blame === 'gateway'
  log.write(isOurs ? 'error' : 'info', 'egress', {
    requestId: exchange.requestId,
    app: exchange.app,
    method,
    host: target?.url.host,
    path: target && pathTemplate(target.url.pathname),
    rule: rule?.to,
    region: rule?.region,
    credential: rule && decision === 'allow' ? rule.credential?.secret : undefined,
    ms: clock.now().getTime() - exchange.receivedAt.getTime(),
    ...facts,
    masked: exchange.maskedValues,
    ...(cost && { usd: cost.usd, isEstimated: cost.isEstimated || undefined }),
    ...(refusal && { fault: refusal.fault, policy: refusal.policy, detail: refusal.detail }),
  })
  if (target && entry && (decision === 'would-deny' || refusal?.policy === 'allowList'))
    places.note(app, { method, origin: target.url.origin, path: pathTemplate(target.url.pathname) })
  const host = way ? hostText(way.matched.labels) : '-'
  const result = refusal?.fault ?? String(status)
  if (entry) {
    const credential = rule && decision === 'allow' ? rule.credential?.secret : undefined
    const what = {
      rule: rule?.to,
      host,
      method,
      decision,
      result,
      credential,
      masked: exchange.maskedValues !== undefined,
    }
    audit.tally(app, 'app.egress', what, 1)
  }
  counters.count(app, 'egress_requests_total', { host, decision, result })
  if (requestBytes > 0) counters.count(app, 'egress_bytes_total', { host, way: 'out' }, requestBytes)
  if (answerBytes > 0) counters.count(app, 'egress_bytes_total', { host, way: 'in' }, answerBytes)
  if (cost && cost.usd > 0) counters.count(app, 'egress_microdollars_total', { host }, Math.ceil(cost.usd * 1_000_000))
  if (scrubbed > 0) counters.count(app, 'egress_scrubbed_total', { host }, scrubbed)
}

/** The host as the rule names it: a label of a counter must not grow with what apps ask for. */
function hostText(labels: readonly string[]): string {
  return [...labels].reverse().join('.')
}
