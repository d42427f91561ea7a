import { expect, it } from 'vitest'
import type { AuditFact } from '#core/audit/record.ts'
import { batches } from '#platform/audit/batches.ts'
import { hurryTimersOf } from '../../support/time.ts'

function recordingChain(append: () => Promise<void> = async () => {}) {
  const expected: string[] = []
  const appended: { app: string; batch: string; records: unknown[] }[] = []
  const lost: AuditFact[] = []
  const work: Promise<unknown>[] = []
  const gather = batches(
    {
      expect: async (_, batch) => void expected.push(batch),
      append: async (app, { facts }, batch) => {
        appended.push({ app, batch, records: facts?.records as unknown[] })
        await append()
      },
      lose: (_, fact) => void lost.push(fact),
    },
    one => work.push(one),
  )
  return { gather, expected, appended, lost, settled: () => Promise.all(work) }
}

it('makes one link of a hundred records, which the chain was told of when they began', async () => {
  hurryTimersOf(5_000)
  const { gather, expected, appended, settled } = recordingChain()
  for (let n = 0; n < 250; n++) gather('shop', 'app.egress', { n })
  gather('other', 'app.egress', { n: 0 })
  await settled()
  expect(appended.map(({ app, records }) => [app, records.length])).toEqual([
    ['shop', 100],
    ['shop', 100],
    ['shop', 50],
    ['other', 1],
  ])
  expect(appended.map(({ batch }) => batch)).toEqual(expected)
  expect(appended.flatMap(({ app, records }) => (app === 'shop' ? records : []))).toEqual(
    Array.from({ length: 250 }, (_, n) => ({ n })),
  )
})

it('holds a bounded number of records while the chain is slow, and loses none in silence', async () => {
  const { gather, lost } = recordingChain(() => new Promise(() => {}))
  for (let n = 0; n < 5_003; n++) gather('shop', 'app.egress', { n })
  expect(lost.map(({ facts }) => facts?.records)).toEqual([[{ n: 5_000 }], [{ n: 5_001 }], [{ n: 5_002 }]])
})
