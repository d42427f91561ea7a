import { type AuditFact, fleetChain } from '#core/audit/record.ts'
import type { Audit, Counters, Log } from '#core/ports.ts'
import { within } from '#core/within.ts'
import type { Env } from '../env.ts'
import { batches } from './batches.ts'
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

  /** @param batch the name of a batch that holds so many records; the chain takes it once, however often it is told */
  async function append(
    app: string | undefined,
    facts: readonly AuditFact[],
    batch?: { readonly id: string; readonly records: number },
  ): Promise<void> {
    let failure: unknown
    for (let tries = 0; tries < maxTries; tries++) {
      try {
        await within(answerMs, chain(app).append(app ?? fleetChain, facts, batch?.id))
        return
      } catch (error) {
        failure = error
      }
    }
    lost(app, facts, batch?.records ?? facts.length, failure)
  }

  function lost(app: string | undefined, facts: readonly AuditFact[], records: number, why: unknown): void {
    counters.count(app ?? '-', 'audit_lost_total', {}, records)
    for (const fact of facts) log.write('error', 'audit-lost', { ...fact, detail: String(why) })
  }

  return {
    async record(fact) {
      const { type, actor, app, reason, facts } = fact
      log.write('info', 'audit', { type, actor, app, reason, ...facts })
      await append(app, [fact])
    },
    recordAll: (app, facts) => append(app, facts),
    tally: tallies(append, background),
    gather: batches(
      {
        expect: (app, batch) => within(answerMs, chain(app).expect(app, batch)).catch(() => {}),
        append: (app, fact, id, records) => append(app, [fact], { id, records }),
        lose: (app, fact) => lost(app, [fact], 1, 'too many records wait for their chain'),
      },
      background,
    ),
    list: (app, page) => within(answerMs, chain(app).list(page)),
    verify: app => within(30_000, chain(app).verify()),
  }
}
