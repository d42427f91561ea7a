import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import type { PolicyEngine } from './engine.ts'
import type { Judgement } from './judge.ts'
import type { Question } from './question.ts'
import { requestFacts } from './request.ts'

type Needed = Pick<Ports, 'fleetRules' | 'settings' | 'clock' | 'log' | 'counters' | 'audit'>

/**
 * What the operator's rules deny about a request; the first finding stands for all. What they only warn of or
 * record is told here. Answers at once where no rule is about requests, and mostly where some are.
 */
export function deniedAtRequest(
  exchange: Exchange,
  ports: Needed,
): Judgement | undefined | Promise<Judgement | undefined> {
  const engines = ports.fleetRules.atRequest()
  if (engines instanceof Promise) return engines.then(known => asked(known, exchange, ports))
  return engines.length === 0 ? undefined : asked(engines, exchange, ports)
}

/** For the log: which rule, of whom, and why. */
export function detailOf({ problem: { rule, layer, reason } }: Judgement): string {
  return `${layer ? `${layer} ` : ''}rule ${rule}: ${reason}`
}

async function asked(engines: readonly PolicyEngine[], exchange: Exchange, ports: Needed) {
  if (engines.length === 0) return undefined
  const { manifest } = settled(exchange, 'entry')
  const question: Question = {
    point: 'request',
    manifest,
    environment: ports.settings.environment,
    now: ports.clock.now(),
    request: requestFacts(exchange),
  }
  let denied: Judgement | undefined
  for (const engine of engines) {
    for (const judgement of await engine.judge(question)) {
      tell(engine, judgement, exchange, ports)
      if (judgement.weight === 'Deny') denied ??= judgement
    }
    if (denied) return denied
  }
  return undefined
}

/** Counted and, but for warnings, recorded; what a walk does not log as its refusal is logged. */
function tell(
  { name: engine, digest }: PolicyEngine,
  judgement: Judgement,
  exchange: Exchange,
  { log, counters, audit }: Needed,
): void {
  const { app, door, requestId } = exchange
  const { weight, isError, problem } = judgement
  const { rule, layer } = problem
  const why = isError ? 'error' : 'broken'
  counters.count(app, 'fleet_rule_findings_total', { door, rule, weight, why })
  audit.tally(app, 'policy.broken', { engine, digest, rule, layer, weight, door, why }, 1)
  const detail = detailOf(judgement)
  log.write('warn', 'fleet-rule-broken', { requestId, app, door, rule, weight, detail })
}
