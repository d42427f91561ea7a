import { settled } from '#core/pipeline/exchange.ts'
import { type Policy, pass } from '#core/pipeline/policy.ts'
import { chosen } from '#core/steer/rollout.ts'
import { upstreamNamed } from '#core/steer/upstream.ts'

/** Settles whether the canary answers. Residency has picked the region, the roll-out picks the release. */
export const rollout: Policy = {
  name: 'rollout',
  doors: ['apps'],
  isMandatory: false,
  field: () => 'spec.rollout.canary',

  before(exchange, { standings }) {
    const entry = settled(exchange, 'entry')
    const canary = entry.manifest.spec.rollout?.canary
    const upstream = canary && upstreamNamed('canary', exchange)
    if (!canary || !upstream) return pass()
    const { name, because } = chosen(canary, entry.app, exchange)
    if (name === 'stable') return pass()
    const isAbortable = canary.abortMarginPercent !== undefined && because !== 'header'
    if (!isAbortable) return pass({ upstream })
    return standings.isCalledOff(entry).then(isCalledOff => (isCalledOff ? pass() : pass({ upstream })))
  },
}
