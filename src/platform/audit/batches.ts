import type { AuditFact, AuditType } from '#core/audit/record.ts'
import { Promised } from '#core/promised.ts'

/** Records wait so long, or for so many of one app, before they become one link of its chain. */
const flushAfterMs = 5_000
const flushAfterRecords = 100
/** Records that this isolate holds at most, those on their way included; further ones are lost, and counted. */
const maxHeld = 5_000

/** Where batches go. Neither call rejects. */
export interface BatchChain {
  /** Says that a batch has begun: one that never comes is missed. */
  expect(app: string, batch: string): Promise<void>
  /** @param records how many records the fact holds */
  append(app: string, fact: AuditFact, batch: string, records: number): Promise<void>
  lose(app: string, fact: AuditFact): void
}

interface Batch {
  readonly id: string
  readonly app: string
  readonly type: AuditType
  readonly records: Readonly<Record<string, unknown>>[]
}

/**
 * Records that come with every request: they gather in this isolate, and many become one link of the app's chain.
 * The chain hears of a batch as soon as it begins, so a batch that is lost with its isolate is found missing.
 */
export function batches(chain: BatchChain, background: (work: Promise<unknown>) => void) {
  let waiting = new Map<string, Batch>()
  let held = 0
  const nextFlush = new Promised(flushAfterMs, background, flush)

  return (app: string, type: AuditType, record: Readonly<Record<string, unknown>>): void => {
    if (held >= maxHeld) {
      chain.lose(app, factOf({ app, type, records: [record] }))
      return
    }
    held += 1
    const key = `${app} ${type}`
    const batch = waiting.get(key) ?? begun(key, app, type)
    batch.records.push(record)
    if (batch.records.length >= flushAfterRecords) {
      waiting.delete(key)
      background(flushed(batch))
      return
    }
    nextFlush.make(Date.now())
  }

  function begun(key: string, app: string, type: AuditType): Batch {
    const batch = { id: crypto.randomUUID(), app, type, records: [] }
    waiting.set(key, batch)
    background(chain.expect(app, batch.id))
    return batch
  }

  async function flush(): Promise<void> {
    const all = [...waiting.values()]
    waiting = new Map()
    nextFlush.kept()
    await Promise.all(all.map(flushed))
  }

  async function flushed(batch: Batch): Promise<void> {
    const { length } = batch.records
    await chain.append(batch.app, factOf(batch), batch.id, length)
    held -= length
  }
}

function factOf({ app, type, records }: Omit<Batch, 'id'>): AuditFact {
  return { type, app, actor: 'gateway', facts: { records } }
}
