import { sandboxRefusal } from '#core/egress/sandbox.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** What is not released yet goes only where the operator lets every such app go, whatever its manifest says, in shadow mode too. */
export const sandbox: Policy = {
  name: 'sandbox',
  doors: ['egress'],
  isMandatory: true,
  origin: 'operator',
  field: () => 'SANDBOX_EGRESS',

  before(exchange, { settings }) {
    const why = sandboxRefusal(settled(exchange, 'entry'), exchange.method, settled(exchange, 'target'), settings)
    return why === undefined ? pass() : deny('egress-denied', why)
  },
}
