import { credentialSecrets } from '#core/egress/credential/broker.ts'
import { lentBy } from '#core/egress/judge.ts'
import { mayStandIn } from '#core/egress/token-slots.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** Sees that the rule's credential is in place before anything is sent, and that the app's token stood where one may. */
export const credential: Policy = {
  name: 'credential',
  doors: ['egress'],
  isMandatory: true,
  field: exchange => wayField(exchange, 'credential'),

  async before(exchange, { secrets }) {
    const { slot } = settled(exchange, 'appToken')
    const own = lentBy(exchange.way)
    if (!mayStandIn(slot, own))
      return deny('token-invalid', `the token stands in ${slot}, which is not the slot of the rule`)
    // a missing secret is thrown as a fault that names it
    if (own) await credentialSecrets(exchange.app, own, secrets)
    return pass()
  },
}
