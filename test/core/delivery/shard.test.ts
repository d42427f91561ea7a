import { describe, expect, it } from 'vitest'
import { homesOf, shareOf } from '#core/delivery/shard.ts'
import { terms } from '../../support/mailbox.ts'
import { documentWith, faultsOf } from '../../support/manifests.ts'

const keys = Array.from({ length: 400 }, (_, n) => `key ${n}`)
const homes = (shards: number) => Promise.all(keys.map(async key => (await homesOf(key, shards))[0]))

describe('the shard of a key', () => {
  it('is the same whenever it is asked, and 0 where there is only one', async () => {
    expect(await homes(8)).toEqual(await homes(8))
    expect(new Set(await homes(1))).toEqual(new Set([0]))
  })

  it('takes about an equal part of the keys', async () => {
    const counts = Map.groupBy(await homes(8), shard => shard)
    expect(counts.size).toBe(8)
    for (const { length } of counts.values()) expect(length).toBeGreaterThan(20)
  })

  it('moves only to a new one when their number grows, and the old homes stay known', async () => {
    const [before, after] = [await homes(3), await homes(8)]
    for (const [index, key] of keys.entries()) {
      const home = after[index] ?? -1
      if (home !== before[index]) expect(home).toBeGreaterThanOrEqual(3)
      expect(await homesOf(key, 8)).toContain(before[index])
      expect((await homesOf(key, 8)).at(-1)).toBe(0)
    }
  })
})

it('the shares of all shards together are the concurrency and the rate of the source', () => {
  const shares = [0, 1, 2].map(shard => shareOf({ ...terms, concurrency: 10, perSecond: 6 }, shard, 3))
  expect(shares.map(({ concurrency }) => concurrency)).toEqual([4, 3, 3])
  expect(shares.map(({ perSecond }) => perSecond)).toEqual([2, 2, 2])
})

describe('a manifest', () => {
  it('has no more shards than deliveries at once, since each has its share', () => {
    expect(faultsOf(documentWith({ delivery: { shards: 4, concurrency: 4 } }))).toEqual([])
    expect(faultsOf(documentWith({ delivery: { shards: 4, concurrency: 3 } }))).toEqual([
      expect.stringContaining('shards must not exceed concurrency'),
    ])
  })

  it('orders by a header only within one shard: a replay under another header would come to another', () => {
    const orderBy = { header: 'x-key' }
    expect(faultsOf(documentWith({ orderBy }))).toEqual([])
    expect(faultsOf(documentWith({ orderBy, delivery: { shards: 2 } }))).toEqual([
      expect.stringContaining('must be a JSON pointer'),
    ])
  })
})
