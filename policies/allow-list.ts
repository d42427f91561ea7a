import { allowListMode } from '#core/egress/finding-out.ts'
import { judge } from '#core/egress/judge.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { shadowed } from '#core/pipeline/judging.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/**
 * Lets out what a rule of the manifest allows, and nothing else. In shadow mode, of the app or of one rule,
 * a request that no rule allows passes and is recorded; it gets no credential.
 */
export const allowList: Policy = {
  name: 'allowList',
  doors: ['egress'],
  isMandatory: false,
  modeIn: allowListMode,
  field: exchange => wayField(exchange, 'to'),

  before(exchange, ports) {
    const { app, manifest } = settled(exchange, 'entry')
    const judgement = judge(manifest, exchange.method, settled(exchange, 'target'))
    if (judgement.kind === 'denied') return deny('egress-denied', judgement.detail)
    const { way } = judgement
    if (judgement.kind === 'allowed') return pass({ way })
    const denied = { kind: 'deny', fault: 'egress-denied', detail: judgement.detail, headers: {} } as const
    shadowed(allowList, denied, { ...exchange, way }, ports)
    const { door } = exchange
    ports.counters.count(app, 'policy_verdicts_total', { door, policy: 'allowList', verdict: 'would-deny' })
    return pass({ way })
  },
}
