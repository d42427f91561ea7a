import { faultRow } from '#core/fault.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Refusal } from '#core/pipeline/refusal.ts'
import type { Ports } from '#core/ports.ts'
import { legCost } from './budget.ts'
import type { Cost } from './cost/cost.ts'
import { lentBy } from './judge.ts'
import { pathTemplate } from './path-template.ts'
import type { Arrival, Leg } from './trip.ts'

/** How a request ended: with an answer, to whatever end, or with a refusal, whose detail names the closest rule. */
export type Outcome = { readonly arrival: Arrival } | { readonly refusal: Refusal }

/**
 * The record of a request to the outside: one line in the log, one entry in the app's audit chain, and its
 * counters. Who, where, by which rule, what became of it. Never a query, a body, a header, or a segment of the path
 * that may be somebody's.
 */
export function record(exchange: Exchange, legs: readonly Leg[], outcome: Outcome, ports: Ports): void {
  const { log, counters, clock, places, audit, settings } = ports
  const { target, way, method, entry } = exchange
  const app = entry?.app ?? '-'
  const refusal = 'refusal' in outcome ? outcome.refusal : undefined
  const arrival = 'arrival' in outcome ? outcome.arrival : undefined
  const decision = decisionOf(way, legs, refusal)
  const costs = legs.flatMap(leg => legCost(leg, settings) ?? [])
  const atMs = clock.now().getTime()
  const facts = {
    requestId: exchange.requestId,
    method,
    ...placeOf(exchange),
    rule: way?.rule.to,
    region: way?.rule.region,
    credential: legs.length > 0 ? lentBy(way)?.secret : undefined,
    decision,
    ...(refusal && { fault: refusal.fault, policy: refusal.policy }),
    status: arrival && legs.at(-1)?.status,
    ending: arrival?.ending,
    requestBytes: legs.reduce((sum, leg) => sum + leg.exchange.body.seenBytes, 0),
    answerBytes: arrival?.answerBytes ?? 0,
    ms: atMs - exchange.receivedAt.getTime(),
    masked: exchange.maskedValues,
    scrubbed: arrival?.scrubbed ?? 0,
    hops: legs.length,
    ...(legs.length > 1 && { onward: legs.slice(1).map(hopOf) }),
    ...(costs.length > 0 && costFacts(costs)),
  }
  const isOurs = refusal !== undefined && faultRow(refusal.fault).blame === 'gateway'
  log.write(isOurs ? 'error' : 'info', 'egress', {
    app: exchange.app,
    ...facts,
    ...(refusal && { detail: refusal.detail }),
  })
  if (entry) audit.gather(app, 'app.egress', { at: new Date(atMs).toISOString(), ...facts })
  if (target && entry && (decision === 'would-deny' || refusal?.policy === 'allowList'))
    places.note(app, { method, origin: target.url.origin, path: pathTemplate(target.url.pathname) })

  const host = way ? hostText(way.matched.labels) : '-'
  const { requestBytes, answerBytes, scrubbed } = facts
  counters.count(app, 'egress_requests_total', { host, decision, result: refusal?.fault ?? String(facts.status) })
  if (requestBytes > 0) counters.count(app, 'egress_bytes_total', { host, way: 'out' }, requestBytes)
  if (answerBytes > 0) counters.count(app, 'egress_bytes_total', { host, way: 'in' }, answerBytes)
  if (scrubbed > 0) counters.count(app, 'egress_scrubbed_total', { host }, scrubbed)
  const usd = costs.reduce((sum, cost) => sum + cost.usd, 0)
  if (usd > 0) counters.count(app, 'egress_microdollars_total', { host }, Math.ceil(usd * 1_000_000))
  for (const { unpricedModel } of costs) {
    if (unpricedModel === undefined) continue
    counters.count(app, 'egress_unpriced_total', { host })
    log.write('warn', 'egress-unpriced', { app, rule: way?.rule.to, model: unpricedModel || undefined })
  }
}

/** What failed on its way had been allowed; only a policy, or a redirect that goes too far, denies. */
function decisionOf(
  way: Exchange['way'],
  legs: readonly Leg[],
  refusal: Refusal | undefined,
): 'allow' | 'would-deny' | 'deny' {
  const isDenied = refusal && (legs.length === 0 || refusal.policy !== undefined || refusal.fault === 'egress-denied')
  if (isDenied) return 'deny'
  return way?.rule.mode === 'enforce' ? 'allow' : 'would-deny'
}

function placeOf({ target }: Exchange) {
  return { host: target?.url.host, path: target && pathTemplate(target.url.pathname) }
}

/** Where a redirect led. */
function hopOf({ exchange, rule }: Leg) {
  return { method: exchange.method, ...placeOf(exchange), rule: rule?.to, credential: lentBy(exchange.way)?.secret }
}

function costFacts(costs: readonly Cost[]) {
  return {
    usd: costs.reduce((sum, { usd }) => sum + usd, 0),
    isEstimated: costs.some(({ isEstimated }) => isEstimated) || undefined,
    isUnpriced: costs.some(({ unpricedModel }) => unpricedModel !== undefined) || undefined,
  }
}

/** The host as the rule names it: a label of a counter must not grow with what apps ask for. */
function hostText(labels: readonly string[]): string {
  return [...labels].reverse().join('.')
}
