import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Allowance, allowanceOf } from '#core/limits/allowance.ts'
import type { RateRule } from '#core/limits/rate-rule.ts'
import type { RateStore } from '#core/limits/rates.ts'
import { type Isolate, isolateOn } from '../../support/rates.ts'

const startMs = Date.UTC(2026, 10, 21, 12)
const counter = { app: 'app', subject: 'caller a', name: 'burst' }

/** A store in memory with a clock set by hand, that may lose an answer after it has granted. */
function memory(rule: RateRule) {
  let nowMs = startMs
  const clock = { now: () => new Date(nowMs) }
  const allowance: Allowance = allowanceOf(rule, nowMs)
  const seen = { granted: 0, returned: 0, isLosing: false, isAway: false, asked: 0 }
  const store: RateStore = {
    name: 'memory',
    async take(_, __, ask) {
      seen.asked += 1
      if (seen.isAway) throw new Error('away')
      const grant = allowance.take(ask, nowMs)
      seen.granted += grant.units
      if (seen.isLosing) throw new Error('the answer is lost')
      return grant
    },
    async back(_, __, units, mark) {
      seen.returned += units
      allowance.back(units, mark)
    },
    look: async () => allowance.take({ least: 0, most: 0 }, nowMs),
  }
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { store, clock, seen, pass, nowMs: () => nowMs }
}

type Step =
  | { readonly kind: 'take'; readonly isolate: number; readonly units: number; readonly isGivenBack: boolean }
  | { readonly kind: 'lose'; readonly isLosing: boolean }
  | { readonly kind: 'pass'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      isolate: fc.nat(2),
      units: fc.integer({ min: 1, max: 4 }),
      isGivenBack: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), isLosing: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_500 }) }) },
)

describe('leases, whatever comes', () => {
  it.each<RateRule>([
    { kind: 'sliding', limit: 60, windowSeconds: 5 },
    { kind: 'bucket', limit: 60, windowSeconds: 5 },
    { kind: 'calendar', limit: 200, per: 'day' },
  ])('never hand out more than was granted and not returned, nor more than $kind allows', async rule => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 200 }), async steps => {
        const { store, clock, seen, pass, nowMs } = memory(rule)
        const isolates: Isolate[] = [0, 1, 2].map(() => isolateOn(store, clock))
        const uses: { atMs: number; units: number }[] = []
        for (const step of steps) {
          if (step.kind === 'pass') pass(step.ms)
          else if (step.kind === 'lose') seen.isLosing = step.isLosing
          else {
            const { isolate, units, isGivenBack } = step
            const taking = await isolates[isolate]?.take(counter, rule, units, 'closed')
            if (taking?.kind !== 'granted') continue
            if (isGivenBack) isolates[isolate]?.giveBack(counter, rule, units)
            else uses.push({ atMs: nowMs(), units })
          }
          const used = uses.reduce((sum, { units }) => sum + units, 0)
          expect(used).toBeLessThanOrEqual(seen.granted - seen.returned)
        }
        const windowMs = rule.kind === 'calendar' ? 86_400_000 : rule.windowSeconds * 1000
        const burst = rule.kind === 'bucket' ? rule.limit * 2 : rule.limit
        for (const { atMs } of uses) {
          const inWindow = uses.filter(use => use.atMs >= atMs && use.atMs < atMs + windowMs)
          expect(inWindow.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(burst)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('an isolate', () => {
  const rule: RateRule = { kind: 'sliding', limit: 10_000, windowSeconds: 60 }

  it('asks ever less often the more it is used, and begins at one unit', async () => {
    const { store, clock, seen } = memory(rule)
    const one = isolateOn(store, clock)
    await one.take(counter, rule, 1, 'closed')
    expect(seen.granted).toBe(1)
    for (let n = 0; n < 999; n++) await one.take(counter, rule, 1, 'closed')
    expect(seen.asked).toBeLessThan(20)
    expect(one.counted.filter(line => line.includes('"memory"')).length).toBeGreaterThan(980)
  })

  const unreturned = async (rule: RateRule) => {
    const { store, clock, seen, pass } = memory(rule)
    const one = isolateOn(store, clock)
    for (let n = 0; n < 20; n++) await one.take(counter, rule, 1, 'closed')
    expect(seen.granted).toBeGreaterThan(20)
    pass(1_000)
    await Promise.all(one.background)
    return seen.granted - seen.returned - 20
  }

  it('gives back at the end of the second what it did not use', async () => {
    expect(await unreturned({ ...rule, limit: 100 })).toBe(0)
  })

  it('returns nothing of a rate that is nearly whole, and all of a quota', async () => {
    expect(await unreturned(rule)).toBeGreaterThan(0)
    expect(await unreturned({ kind: 'calendar', limit: 10_000, per: 'day' })).toBe(0)
  })

  it('loses at most 3 % of a rate by what it does not return', async () => {
    const { store, clock, seen, pass } = memory(rule)
    const one = isolateOn(store, clock)
    let used = 0
    // each second a burst that a guess of the next one is wrong about
    for (let second = 0; second < 50; second++) {
      for (let n = 0; n < (second % 2 === 0 ? 60 : 1); n++) {
        if ((await one.take(counter, rule, 1, 'closed')).kind === 'granted') used += 1
      }
      pass(1_000)
    }
    await Promise.all(one.background)
    expect(seen.granted - seen.returned - used).toBeGreaterThan(0)
    expect(seen.granted - seen.returned - used).toBeLessThanOrEqual(rule.limit * 0.03)
  })

  it('loses no more where it expects in vain what was asked of it long ago, nor where several isolates do', async () => {
    const { store, clock, seen, pass } = memory(rule)
    const isolates = [0, 1, 2, 3].map(() => isolateOn(store, clock))
    for (const one of isolates) {
      for (let n = 0; n < 2_000; n++) await one.take(counter, rule, 1, 'closed')
      pass(1_000)
    }
    await Promise.all(isolates.flatMap(one => one.background))
    // nothing of it counts any more
    pass(120_000)
    const before = seen.granted - seen.returned
    let used = 0
    for (let second = 0; second < 10; second++) {
      for (const one of isolates) if ((await one.take(counter, rule, 1, 'closed')).kind === 'granted') used += 1
      pass(1_000)
    }
    await Promise.all(isolates.flatMap(one => one.background))
    expect(seen.granted - seen.returned - before - used).toBeLessThanOrEqual(rule.limit * 0.03)
  })

  it('does not ask again for what was just refused', async () => {
    const small: RateRule = { kind: 'sliding', limit: 2, windowSeconds: 60 }
    const { store, clock, seen } = memory(small)
    const one = isolateOn(store, clock)
    for (let n = 0; n < 50; n++) await one.take(counter, small, 1, 'closed')
    expect(seen.asked).toBeLessThan(5)
  })
})

describe('while the store is away', () => {
  const rule: RateRule = { kind: 'sliding', limit: 8, windowSeconds: 60 }
  const kinds = async (one: Isolate, onError: 'open' | 'closed', times: number) => {
    const takings = []
    for (let n = 0; n < times; n++) takings.push((await one.take(counter, rule, 1, onError)).kind)
    return takings
  }

  it('a closed limit lets nothing pass, an open one a quarter by its own count, and both are counted', async () => {
    const { store, clock, seen } = memory(rule)
    seen.isAway = true
    const [closed, open] = [isolateOn(store, clock), isolateOn(store, clock)]
    expect(await kinds(closed, 'closed', 2)).toEqual(['away', 'away'])
    expect(await kinds(open, 'open', 4)).toEqual(['granted', 'granted', 'refused', 'refused'])
    expect(seen.asked).toBe(2)
    expect(open.counted.map(line => JSON.parse(line.slice(line.indexOf('{'))))).toEqual(
      ['granted', 'granted', 'refused', 'refused'].map(result => ({ store: 'memory', result })),
    )
  })

  it('is asked again after a second, and decides again once it answers', async () => {
    const { store, clock, seen, pass } = memory(rule)
    const one = isolateOn(store, clock)
    seen.isAway = true
    expect(await kinds(one, 'closed', 1)).toEqual(['away'])
    seen.isAway = false
    expect(await kinds(one, 'closed', 1)).toEqual(['away'])
    pass(1_000)
    expect(await kinds(one, 'closed', 1)).toEqual(['granted'])
  })

  it('a store that does not answer in 150 ms is away, and a late answer still fills the lease', async () => {
    const { store, clock, seen } = memory(rule)
    const answers: (() => void)[] = []
    const slow: RateStore = {
      ...store,
      take: (...input) =>
        new Promise((resolve, reject) => answers.push(() => store.take(...input).then(resolve, reject))),
    }
    const one = isolateOn(slow, clock)
    expect(await one.take(counter, rule, 1, 'closed')).toEqual({ kind: 'away' })
    for (const answer of answers) answer()
    await new Promise(resolve => setTimeout(resolve, 0))
    expect(await one.take(counter, rule, 1, 'closed')).toMatchObject({ kind: 'granted' })
    expect(seen.asked).toBe(1)
  })

  it('a look sees what is left in the store and in the lease, and takes nothing', async () => {
    const { store, clock, seen } = memory(rule)
    const one = isolateOn(store, clock)
    const left = async () => (await one.look(counter, rule)).remaining
    expect(await left()).toBe(rule.limit)
    for (let taken = 1; taken <= 5; taken++) {
      await one.take(counter, rule, 1, 'closed')
      expect([await left(), await left()]).toEqual([rule.limit - taken, rule.limit - taken])
    }
    const { granted, asked } = seen
    await left()
    expect(seen).toMatchObject({ granted, asked })
  })
})
