import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlotTable, slotLeaseMs } from '#core/limits/slot-table.ts'
import { type Entering, leasedSlots, type SlotStore } from '#core/limits/slots.ts'

const startMs = Date.UTC(2026, 10, 21, 12)

/** A store in memory and isolates on it, with a clock set by hand and answers that come when they are let go. */
function gateway() {
  const table = new SlotTable()
  let nowMs = startMs
  let isAway = false
  const store: SlotStore = {
    async hold(_, holder, sequence, wanted, limit) {
      await Promise.resolve()
      if (isAway) throw new Error('away')
      return table.hold(holder, sequence, wanted, limit, nowMs)
    },
  }
  const counted: string[] = []
  const isolate = () =>
    leasedSlots(
      store,
      {
        clock: { now: () => new Date(nowMs) },
        log: { write: () => {} },
        counters: { count: (_, name, labels) => void counted.push(`${name} ${labels?.result}`) },
      },
      () => {},
    )
  return {
    isolate,
    counted,
    pass: (ms: number) => {
      nowMs += ms
    },
    goAway: () => {
      isAway = true
    },
  }
}

const settle = () => new Promise(resolve => setTimeout(resolve, 0))
const isIn = (entering: Entering) => entering.kind === 'entered'
function leave(entering: Entering) {
  if (entering.kind === 'entered') entering.leave()
}

describe('slots over several isolates', () => {
  it('are never more than the limit, and all of them can be used, whatever comes and goes', async () => {
    const step = fc.record({ isolate: fc.nat(2), many: fc.integer({ min: 1, max: 9 }), isLeaving: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.array(step, { maxLength: 40 }), async (limit, steps) => {
        const { isolate } = gateway()
        const isolates = [isolate(), isolate(), isolate()]
        const inside: Entering[] = []
        for (const { isolate, many, isLeaving } of steps) {
          if (isLeaving) for (const entering of inside.splice(0, many)) leave(entering)
          else {
            const asked = Array.from({ length: many }, () => isolates[isolate]?.enter('app', limit, 'closed'))
            inside.push(...(await Promise.all(asked)).filter(entering => entering !== undefined).filter(isIn))
          }
          expect(inside.length).toBeLessThanOrEqual(limit)
        }
        for (const entering of inside) leave(entering)
        await settle()
        const all = Array.from({ length: limit + 3 }, () => isolates[0]?.enter('app', limit, 'closed'))
        const entered = (await Promise.all(all)).filter(entering => entering?.kind === 'entered')
        expect(entered).toHaveLength(limit)
      }),
      { numRuns: 60 },
    )
  })

  it('of an isolate that crashed are free again when its lease ends, and not before', async () => {
    const { isolate, pass } = gateway()
    await isolate().enter('app', 1, 'closed')
    const other = isolate()
    pass(slotLeaseMs - 1)
    expect(await other.enter('app', 1, 'closed')).toEqual({ kind: 'full' })
    pass(1)
    expect(await other.enter('app', 1, 'closed')).toMatchObject({ kind: 'entered' })
  })

  it('of a caller who went away unnoticed are free again when the lease ends, in the isolate itself too', async () => {
    const { isolate, pass } = gateway()
    const one = isolate()
    await one.enter('app', 1, 'closed')
    expect(await one.enter('app', 1, 'closed')).toEqual({ kind: 'full' })
    pass(slotLeaseMs)
    expect(await one.enter('app', 1, 'closed')).toMatchObject({ kind: 'entered' })
  })

  it('are given back once, however often somebody leaves', async () => {
    const { isolate } = gateway()
    const [one, other] = [isolate(), isolate()]
    const first = await one.enter('app', 2, 'closed')
    await other.enter('app', 2, 'closed')
    for (let n = 0; n < 3; n++) leave(first)
    await settle()
    expect(await one.enter('app', 2, 'closed')).toMatchObject({ kind: 'entered', free: 0 })
    expect(await one.enter('app', 2, 'closed')).toEqual({ kind: 'full' })
  })
})

describe('while the store is away', () => {
  it('a closed limit lets nothing in, and an open one a quarter by its own count', async () => {
    const { isolate, counted, goAway } = gateway()
    goAway()
    const one = isolate()
    expect(await one.enter('app', 8, 'closed')).toEqual({ kind: 'away' })
    const entered = [await one.enter('app', 8, 'open'), await one.enter('app', 8, 'open')]
    expect(entered.map(({ kind }) => kind)).toEqual(['entered', 'entered'])
    expect(await one.enter('app', 8, 'open')).toEqual({ kind: 'full' })
    leave(entered[0] ?? { kind: 'full' })
    expect(await one.enter('app', 8, 'open')).toMatchObject({ kind: 'entered' })
    expect(counted).toEqual(
      ['closed', 'granted', 'granted', 'refused', 'granted'].map(r => `rate_store_away_total ${r}`),
    )
  })
})

it('a message that is late or repeated changes nothing', () => {
  const table = new SlotTable()
  table.hold('one', 2, 3, 5, startMs)
  expect(table.hold('one', 1, 9, 5, startMs)).toEqual({ slots: 3, free: 2 })
  expect(table.hold('one', 2, 9, 5, startMs)).toEqual({ slots: 3, free: 2 })
  expect(table.hold('two', 1, 9, 5, startMs)).toEqual({ slots: 2, free: 0 })
})
