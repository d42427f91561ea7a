import { type AuditFact, fleetChain } from '#core/audit/record.ts'
import type { Audit, Counters, Log } from '#core/ports.ts'
import { within } from '#core/within.ts'
import type { Env } from '../env.ts'
import { tallies } from './tallies.ts'

const answerMs = 5_000
const maxTries = 3

/**
 * The audit chains. What could not be recorded is not lost in silence: it is tried again, then counted and
 * logged whole, and `/metrics` shows it.
 */
export function durableAudit(
  { AUDIT }: Pick<Env, 'AUDIT'>,
  counters: Counters,
  log: Log,
  background: (work: Promise<unknown>) => void,
): Audit {
  const chain = (app: string | undefined) => AUDIT.getByName(app ?? fleetChain)

  async function append(app: string | undefined, facts: readonly AuditFact[]): Promise<void> {
    let failure: unknown
    for (let tries = 0; tries < maxTries; tries++) {
      try {
        await within(answerMs, chain(app).append(app ?? fleetChain, facts))
        return
      } catch (error) {
        failure = error
      }
    }
    counters.count(app ?? '-', 'audit_lost_total', {}, facts.length)
    for (const fact of facts) log.write('error', 'audit-lost', { ...fact, detail: String(failure) })
  }

  return {
    async record(fact) {
      const { type, actor, app, reason, facts } = fact
      log.write('info', 'audit', { type, actor, app, reason, ...facts })
      await append(app, [fact])
    },
    recordAll: (app, facts) => append(app, facts),
    tally: tallies(append, background),
    list: (app, page) => within(answerMs, chain(app).list(page)),
    verify: app => within(30_000, chain(app).verify()),
  }
}
