import type { FaultCode } from '#core/fault.ts'
import type { ExplainedVerdict, Explanation } from './explain.ts'

/** What would become of a request, and by whose word. */
export interface Outcome {
  readonly decision: 'allow' | 'deny' | 'drop' | 'answer' | 'unknown'
  readonly policy?: string
  readonly fault?: FaultCode
  readonly status?: number
}

/**
 * The first deny decides; where there is none, an answer at hand. A verdict that is not known leaves only a deny
 * certain, since whatever it turns out to be, the request does not pass.
 */
export function outcomeOf({ stages, exchange }: Explanation): Outcome {
  const verdicts = stages.flatMap(({ policies }) => policies)
  const first = (kind: ExplainedVerdict['verdict']) => verdicts.find(({ verdict }) => verdict === kind)
  const denied = first('deny')
  if (denied) return { decision: 'deny', ...by(denied) }
  const unknown = first('unknown')
  if (unknown) return { decision: 'unknown', ...by(unknown) }
  const answer = first('answer')
  if (answer) return { decision: 'answer', ...by(answer) }
  return exchange.isDropped ? { decision: 'drop', policy: first('drop')?.policy ?? '' } : { decision: 'allow' }
}

function by({ policy, fault, status }: ExplainedVerdict): Omit<Outcome, 'decision'> {
  return { policy, ...(fault && { fault }), ...(status !== undefined && { status }) }
}
