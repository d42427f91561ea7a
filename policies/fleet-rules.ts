import { deniedAtRequest, detailOf } from '#core/fleet/at-request.ts'
import type { Judgement } from '#core/fleet/judge.ts'
import { deny, type Policy, pass, type Verdict } from '#core/pipeline/policy.ts'

/** What the operator's rules over requests deny does not pass. A rule may warn or record instead, so no manifest weakens this. */
export const fleetRules: Policy = {
  name: 'fleetRules',
  doors: ['hooks', 'apps', 'egress'],
  isMandatory: true,
  origin: 'fleet',

  before(exchange, ports) {
    const denied = deniedAtRequest(exchange, ports)
    return denied instanceof Promise ? denied.then(verdictOf) : verdictOf(denied)
  },
}

function verdictOf(denied: Judgement | undefined): Verdict {
  return denied ? deny('fleet-rule-denied', detailOf(denied), {}, `rules/${denied.problem.rule}`) : pass()
}
