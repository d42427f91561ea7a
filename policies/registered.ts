import { retryAfter } from '#core/limits/rate-headers.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { whenKnown } from '#core/when-known.ts'

/**
 * Only an app that stands in the registry exists. An address that keeps asking for others is turned away
 * before the registry is asked again; apps that are in memory stay open to it.
 */
export const registered: Policy = {
  name: 'registered',
  isMandatory: true,

  before({ app, address }, { registry, strikes }) {
    const ms = address === undefined ? 0 : strikes.blockedMs('unknown-app', '-', address)
    if (ms > 0 && !registry.remembers(app))
      return deny('rate-exceeded', 'too many apps that are not there', retryAfter(ms))

    return whenKnown(registry.find(app), lookup => {
      if (lookup.kind === 'found') return pass({ entry: lookup.entry })
      if (lookup.kind === 'invalid') return deny('entry-invalid', lookup.detail)
      if (address !== undefined) strikes.note('unknown-app', '-', address)
      return deny('app-unknown', 'not in the registry')
    })
  },
}
