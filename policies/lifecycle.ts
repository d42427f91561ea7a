import { rateHeaders, retryAfter } from '#core/limits/rate-headers.ts'
import { type Limit, spend } from '#core/limits/spend.ts'
import { isSandboxed, stageOf } from '#core/manifest/stages.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass, type Verdict } from '#core/pipeline/policy.ts'
import type { Ports } from '#core/ports.ts'

const dayMs = 86_400_000

/** What callers of an app still get that is about to end: enough to notice, too little to rely on. */
const slowed = { kind: 'bucket', limit: 60, windowSeconds: 60 } as const

/**
 * What the stage of an app does to its callers (`src/core/manifest/stages.ts`): before its release it is its own
 * team's, and in the last days of its decommission it is slow.
 */
export const lifecycle: Policy = {
  name: 'lifecycle',
  isMandatory: true,
  field: () => 'spec.lifecycle.stage',

  before(exchange, ports) {
    if (exchange.door !== 'apps') return pass()
    const entry = settled(exchange, 'entry')
    const { team } = entry.manifest.spec.owner
    if (isSandboxed(entry.manifest.spec, ports.settings) && !isOfTeam(team, exchange, ports))
      return deny(
        'stage-denied',
        `in the stage ${entry.manifest.spec.lifecycle.stage} it is for the team ${team} alone`,
      )
    const { slowedDays = 0 } = stageOf(entry)
    const isEnding = entry.expiresAt.getTime() - exchange.receivedAt.getTime() < slowedDays * dayMs
    return isEnding ? slowly(exchange, ports) : pass()
  },
}

/** Nobody is of a team who has not shown a token: a route of `auth: none` is closed too. */
function isOfTeam(team: string, { principal }: Exchange, { settings }: Ports): boolean {
  const claimed = principal?.claims[settings.sandbox?.teamsClaim ?? '']
  return Array.isArray(claimed) ? claimed.includes(team) : claimed === team
}

async function slowly({ app }: Exchange, { rates, clock }: Ports): Promise<Verdict> {
  const limit: Limit = { name: 'ending', rule: slowed, counter: { app, subject: 'app', name: 'stage/ending' } }
  const spending = await spend([limit], 1, 'open', { rates, nowMs: clock.now().getTime() })
  if (spending.kind === 'away') return deny('overloaded', 'the store of the limits is away')
  if (spending.kind === 'granted') return pass({ limits: spending.states, replyHeaders: rateHeaders(spending.states) })
  const headers = { ...rateHeaders(spending.states), ...retryAfter(spending.resetMs) }
  return deny('rate-exceeded', 'the app is about to end, and is slowed down', headers)
}
