import { freeSlots } from './lease.ts'
import { nextPurgeMs } from './retention.ts'
import type { Sources } from './sources.ts'

/**
 * When the mailbox has something to do next: an event falls due and has a free slot, a lease ends, a dead
 * letter is announced again, or a retention is over. `undefined`: never, so no alarm is set.
 */
export function nextWakeMs(sql: SqlStorage, sources: Sources): number | undefined {
  const earliest = (query: string, ...values: string[]) =>
    sql.exec<{ at: number | null }>(query, ...values).one().at ?? undefined
  const due = sources.all().flatMap(([source, terms]) => {
    const ofState = (state: string) =>
      earliest('SELECT MIN(due_at) AS at FROM events WHERE source = ? AND state = ?', source, state)
    return [freeSlots(sql, source, terms) > 0 ? ofState('waiting') : undefined, ofState('delivering')]
  })
  const all = [...due, earliest('SELECT MIN(due_at) AS at FROM burials'), nextPurgeMs(sql)].filter(
    at => at !== undefined,
  )
  return all.length > 0 ? Math.min(...all) : undefined
}
