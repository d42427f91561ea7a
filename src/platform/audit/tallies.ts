import type { AuditFact, AuditType } from '#core/audit/record.ts'
import { Promised } from '#core/promised.ts'

/** How long tallies gather, and how many different ones, before they become one record. */
const flushAfterMs = 10_000
const flushAfterKinds = 200

/**
 * Facts that come with every request, such as what was masked: they gather in this isolate and become one record
 * per app and type. What an isolate gathered in the last seconds may be lost with it.
 */
export function tallies(
  record: (app: string, facts: readonly AuditFact[]) => Promise<void>,
  background: (work: Promise<unknown>) => void,
) {
  let gathered = new Map<string, Map<string, number>>()
  let kinds = 0
  const nextFlush = new Promised(flushAfterMs, background, flush)

  return (app: string, type: AuditType, what: Readonly<Record<string, unknown>>, by: number): void => {
    const own = gathered.get(`${app} ${type}`) ?? new Map<string, number>()
    const key = JSON.stringify(what)
    if (!own.has(key)) kinds += 1
    own.set(key, (own.get(key) ?? 0) + by)
    gathered.set(`${app} ${type}`, own)
    if (kinds >= flushAfterKinds) {
      background(flush())
      return
    }
    nextFlush.make(Date.now())
  }

  async function flush(): Promise<void> {
    const flushed = gathered
    gathered = new Map()
    kinds = 0
    nextFlush.kept()
    await Promise.all(
      [...flushed].map(([name, counts]) => {
        const [app = '', type = ''] = name.split(' ')
        const facts = { counts: [...counts].map(([key, count]) => ({ ...JSON.parse(key), count })) }
        return record(app, [{ type: type as AuditType, app, actor: 'gateway', facts }])
      }),
    )
  }
}
