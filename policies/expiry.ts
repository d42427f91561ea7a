import { endOfLifeHeaders } from '#core/api/end-of-life.ts'
import { stageOf } from '#core/manifest/stages.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** Every app has an end of life; past it nothing goes in or out until its owner renews it. Its callers are told before. */
export const expiry: Policy = {
  name: 'expiry',
  isMandatory: true,
  field: ({ entry }) => `spec.lifecycle.${entry?.manifest.spec.lifecycle.expiresAt ? 'expiresAt' : 'ttlDays'}`,

  before(exchange, { clock }) {
    const entry = settled(exchange, 'entry')
    const { expiresAt, publishedAt } = entry
    const now = clock.now()
    if (now.getTime() >= expiresAt.getTime()) return deny('app-expired', `expired at ${expiresAt.toISOString()}`)
    if (exchange.door !== 'apps') return pass()
    const leavingSince = stageOf(entry).isLeaving ? publishedAt : undefined
    const replyHeaders = endOfLifeHeaders(expiresAt, now, leavingSince)
    return replyHeaders ? pass({ replyHeaders }) : pass()
  },
}
