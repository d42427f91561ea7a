import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** An app in decommission takes nothing new in; every other stage may. */
export const lifecycle: Policy = {
  name: 'lifecycle',
  isMandatory: true,
  field: () => 'spec.lifecycle.stage',

  before(exchange) {
    const { stage } = settled(exchange, 'entry').manifest.spec.lifecycle
    return stage === 'decommission' ? deny('app-expired', 'the app is being decommissioned') : pass()
  },
}
