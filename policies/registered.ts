import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** Only an app that stands in the registry exists. */
export const registered: Policy = {
  name: 'registered',
  isMandatory: true,

  async before({ app }, { registry }) {
    const lookup = await registry.find(app)
    if (lookup.kind === 'found') return pass({ entry: lookup.entry })
    return lookup.kind === 'unknown' ? deny('app-unknown', 'not in the registry') : deny('entry-invalid', lookup.detail)
  },
}
