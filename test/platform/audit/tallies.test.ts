import { expect, it } from 'vitest'
import { tallies } from '#platform/audit/tallies.ts'

it('makes one record for an app of what comes with many requests, at once where it is of many kinds', async () => {
  const records: unknown[] = []
  const work: Promise<unknown>[] = []
  const tally = tallies(
    async (app, facts) => void records.push({ app, facts }),
    one => work.push(one),
  )
  tally('shop', 'app.masked', { type: 'EMAIL', pointer: '/0' }, 3)
  for (let n = 0; n < 200; n++) tally('shop', 'app.masked', { type: 'EMAIL', pointer: `/${n}` }, 2)
  await work[1]
  expect(records).toMatchObject([{ app: 'shop', facts: [{ type: 'app.masked', actor: 'gateway' }] }])
  const { counts } = (records[0] as { facts: { facts: { counts: object[] } }[] }).facts[0]?.facts ?? { counts: [] }
  expect(counts).toHaveLength(200)
  expect(counts[0]).toEqual({ type: 'EMAIL', pointer: '/0', count: 5 })
})
