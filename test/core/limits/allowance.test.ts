import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowanceOf } from '#core/limits/allowance.ts'
import type { RateRule } from '#core/limits/rate-rule.ts'

const startMs = Date.UTC(2026, 10, 21, 12)
const one = { least: 1, most: 1 }

/** Steps of a caller that pushes: how long it waits, how much it wants, and how much it gives back. */
const steps = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 900 }), most: fc.integer({ min: 1, max: 9 }), back: fc.nat(3) }),
  { minLength: 50, maxLength: 300 },
)

describe('a sliding window', () => {
  const rule = fc.record({
    kind: fc.constant('sliding' as const),
    limit: fc.integer({ min: 1, max: 40 }),
    windowSeconds: fc.constantFrom(1, 3, 10),
  })

  it('never has more used in any stretch of its length than its limit, even at the end of each lease', () => {
    fc.assert(
      fc.property(rule, steps, (rule, steps) => {
        const allowance = allowanceOf(rule, startMs)
        const uses: { first: number; last: number; units: number }[] = []
        let nowMs = startMs
        for (const { waitMs, most, back } of steps) {
          nowMs += waitMs
          const grant = allowance.take({ least: 1, most }, nowMs)
          const unused = Math.min(back, grant.units)
          allowance.back(unused, grant.mark)
          uses.push({ first: nowMs, last: nowMs + grant.leaseMs, units: grant.units - unused })
        }
        const windowMs = rule.windowSeconds * 1000
        for (const { last } of uses) {
          // units may be used late in their lease, and those of the lease that comes a window later early
          const inWindow = uses.filter(use => use.first < last + windowMs - 1 && use.last >= last)
          expect(inWindow.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(rule.limit)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('gives a steady caller at least 95 % of its limit', () => {
    const allowance = allowanceOf({ kind: 'sliding', limit: 100, windowSeconds: 10 }, startMs)
    let granted = 0
    for (let ms = 0; ms < 100_000; ms += 5) granted += allowance.take(one, startMs + ms).units
    expect(granted).toBeGreaterThanOrEqual(950)
    expect(granted).toBeLessThanOrEqual(1_000)
  })

  it('says when there is room for as many as were asked for', () => {
    const allowance = allowanceOf({ kind: 'sliding', limit: 3, windowSeconds: 10 }, startMs)
    allowance.take(one, startMs)
    allowance.take({ least: 2, most: 2 }, startMs + 5_000)
    const [soon, late] = [1, 2].map(least => allowance.take({ least, most: least }, startMs + 6_000).resetMs)
    expect(allowance.take(one, startMs + 6_000 + (soon ?? 0) - 1).units).toBe(0)
    expect(allowance.take(one, startMs + 6_000 + (soon ?? 0)).units).toBe(1)
    expect(late).toBeGreaterThan(soon ?? 0)
  })
})

describe('a token bucket', () => {
  it('never lets more through than it holds and what is refilled meanwhile', () => {
    fc.assert(
      fc.property(steps, steps => {
        const rule: RateRule = { kind: 'bucket', limit: 20, windowSeconds: 10 }
        const allowance = allowanceOf(rule, startMs)
        let nowMs = startMs
        let used = 0
        for (const { waitMs, most, back } of steps) {
          nowMs += waitMs
          const { units, mark } = allowance.take({ least: 1, most }, nowMs)
          allowance.back(Math.min(back, units), mark)
          used += units - Math.min(back, units)
          expect(used).toBeLessThanOrEqual(20 + ((nowMs - startMs) / 10_000) * 20 + 1e-6)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is refilled evenly', () => {
    const allowance = allowanceOf({ kind: 'bucket', limit: 10, windowSeconds: 10 }, startMs)
    expect(allowance.take({ least: 10, most: 10 }, startMs)).toMatchObject({ units: 10, remaining: 0, resetMs: 1_000 })
    expect(allowance.take(one, startMs + 999)).toMatchObject({ units: 0, resetMs: 1 })
    expect(allowance.take(one, startMs + 1_000).units).toBe(1)
  })
})

describe('a quota', () => {
  it.each([
    ['day', '2026-11-21T23:59:59.999Z', '2026-11-22T00:00:00Z'],
    ['month', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z'],
    ['month', '2028-02-29T23:59:59.999Z', '2028-03-01T00:00:00Z'],
  ] as const)('of a %s lasts until %s and begins anew at %s', (per, last, next) => {
    const quota = allowanceOf({ kind: 'calendar', limit: 1, per }, 0)
    expect(quota.take(one, Date.parse(last) - 3_600_000).units).toBe(1)
    expect(quota.take(one, Date.parse(last))).toMatchObject({ units: 0, resetMs: 1 })
    expect(quota.take(one, Date.parse(next)).units).toBe(1)
  })

  it('does not take back what was granted in an earlier period', () => {
    const quota = allowanceOf({ kind: 'calendar', limit: 5, per: 'day' }, 0)
    const { mark } = quota.take({ least: 3, most: 3 }, startMs)
    quota.take({ least: 5, most: 5 }, startMs + 86_400_000)
    quota.back(3, mark)
    expect(quota.take(one, startMs + 86_400_000).units).toBe(0)
  })
})

it.each<RateRule>([
  { kind: 'sliding', limit: 5, windowSeconds: 100 },
  { kind: 'bucket', limit: 5, windowSeconds: 100 },
  { kind: 'calendar', limit: 5, per: 'month' },
])('$kind goes on from what was saved, and is as new once it is empty', rule => {
  const first = allowanceOf(rule, startMs)
  first.take({ least: 4, most: 4 }, startMs)
  const second = allowanceOf(rule, startMs, JSON.parse(JSON.stringify(first.saved())))
  expect(second.take(one, startMs)).toMatchObject({ units: 1, remaining: 0 })
  expect(second.take(one, startMs).units).toBe(0)
  expect(second.take({ least: 5, most: 5 }, second.emptyAtMs()).units).toBe(5)
})
