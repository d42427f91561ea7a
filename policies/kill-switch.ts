import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { whenKnown } from '#core/when-known.ts'

/** An operator can stop an app at once. A quarantined one still has its webhooks kept, and delivered later. */
export const killSwitch: Policy = {
  name: 'killSwitch',
  isMandatory: true,
  origin: 'operator',

  before({ app, door }, { switches }) {
    return whenKnown(switches.find(app), standing =>
      standing === 'open' || (standing === 'quarantined' && door === 'hooks')
        ? pass()
        : deny('app-killed', `the app is ${standing}`),
    )
  },
}
