import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** An operator can stop an app at once. A quarantined one still has its webhooks kept, and delivered later. */
export const killSwitch: Policy = {
  name: 'killSwitch',
  isMandatory: true,
  origin: 'operator',

  async before({ app, door }, { switches }) {
    const standing = await switches.find(app)
    if (standing === 'open' || (standing === 'quarantined' && door === 'hooks')) return pass()
    return deny('app-killed', `the app is ${standing}`)
  },
}
