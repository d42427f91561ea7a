import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breaker } from '#core/delivery/breaker.ts'

const terms = { failurePercent: 50, minRequests: 4, windowSeconds: 10, openSeconds: 30 }
const now = Date.UTC(2026, 0, 1)

/** What the breaker says of each outcome in turn: `true` is a failure. */
const told = (breaker: Breaker, outcomes: readonly boolean[], atMs = now, attempt = 'an attempt') =>
  outcomes.map(isFailure => breaker.ended(attempt, isFailure, terms, atMs))

function opened(): Breaker {
  const breaker = new Breaker()
  told(breaker, [true, true, true, true])
  return breaker
}

describe('a closed breaker', () => {
  it('lets everything start', () => {
    expect(new Breaker().allowance(now)).toBe(Number.POSITIVE_INFINITY)
    expect(new Breaker().openUntilMs).toBe(0)
  })

  it('opens when the share of failures is reached, not below it', () => {
    expect(told(new Breaker(), [false, true, false, true])).toEqual([undefined, undefined, undefined, 'opened'])
    expect(told(new Breaker(), [false, false, true, false, false, true])).not.toContain('opened')
  })

  it('does not open below the least number of attempts', () => {
    expect(told(new Breaker(), [true, true, true])).toEqual([undefined, undefined, undefined])
  })

  it('forgets what lies outside its window', () => {
    const breaker = new Breaker()
    told(breaker, [true, true, true])
    expect(told(breaker, [true, false], now + 10_000)).toEqual([undefined, undefined])
    const inside = new Breaker()
    told(inside, [true, true, true])
    expect(told(inside, [true], now + 9_999)).toEqual(['opened'])
  })

  it('does not count the future after a clock that went back', () => {
    const breaker = new Breaker()
    told(breaker, [true, true, true], now + 60_000)
    expect(told(breaker, [true], now)).toEqual([undefined])
  })
})

describe('an open breaker', () => {
  it('lets nothing start until its time, then one, and no second one beside it', () => {
    const breaker = opened()
    expect(breaker.openUntilMs).toBe(now + 30_000)
    expect(breaker.allowance(now + 29_999)).toBe(0)
    expect(breaker.allowance(now + 30_000)).toBe(1)
    expect(breaker.startsAtMs).toBe(now + 30_000)
    breaker.started('the probe')
    expect(breaker.allowance(now + 99_000)).toBe(0)
    expect(breaker.startsAtMs).toBeUndefined()
  })

  it('takes no notice of attempts that end before its probe has started', () => {
    const breaker = opened()
    expect(told(breaker, [false, true], now + 31_000)).toEqual([undefined, undefined])
    expect(breaker.openUntilMs).toBe(now + 30_000)
  })

  it('takes no notice of older attempts that end while its probe is under way', () => {
    const breaker = opened()
    breaker.started('the probe')
    expect(told(breaker, [false, true], now + 31_000)).toEqual([undefined, undefined])
    expect(breaker.startsAtMs).toBeUndefined()
    expect(told(breaker, [false], now + 31_000, 'the probe')).toEqual(['closed'])
  })

  it('closes when its probe succeeds, with nothing held against the upstream', () => {
    const breaker = opened()
    breaker.started('the probe')
    expect(told(breaker, [false], now + 31_000, 'the probe')).toEqual(['closed'])
    expect(breaker.allowance(now + 31_000)).toBe(Number.POSITIVE_INFINITY)
    expect(told(breaker, [true, true, true], now + 31_000)).not.toContain('opened')
  })

  it('opens again for as long when its probe fails', () => {
    const breaker = opened()
    breaker.started('the probe')
    expect(told(breaker, [true], now + 31_000, 'the probe')).toEqual(['opened'])
    expect(breaker.openUntilMs).toBe(now + 61_000)
    expect(breaker.allowance(now + 61_000)).toBe(1)
  })

  it('opens again when nobody reports on its probe, and takes no notice of any other', () => {
    const breaker = opened()
    breaker.started('the probe')
    expect(breaker.lost('an attempt', terms, now + 31_000)).toBeUndefined()
    expect(breaker.lost('the probe', terms, now + 31_000)).toBe('opened')
    expect(new Breaker().lost('an attempt', { ...terms, minRequests: 1 }, now)).toBeUndefined()
  })

  it('lets another probe start when the first came to nothing', () => {
    const breaker = opened()
    expect(breaker.abandoned('the probe')).toBe(false)
    breaker.started('the probe')
    expect(breaker.abandoned('an attempt')).toBe(false)
    expect(breaker.abandoned('the probe')).toBe(true)
    expect(breaker.allowance(now + 30_000)).toBe(1)
  })

  it('stands where an earlier life left it', () => {
    const breaker = new Breaker(opened().openUntilMs)
    expect(breaker.allowance(now + 29_999)).toBe(0)
    expect(breaker.allowance(now + 30_000)).toBe(1)
  })
})

it('never has two probes under way, changes only by the probe while open, and never opens on successes alone', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('start', 'ok', 'fail', 'held'), fc.nat(20_000), fc.nat(9)), {
    maxLength: 100,
  })
  fc.assert(
    fc.property(steps, steps => {
      const breaker = new Breaker()
      const running: string[] = []
      let nowMs = now
      let probe: string | undefined
      let failures = 0
      for (const [n, [what, ms, which]] of steps.entries()) {
        nowMs += ms
        if (what === 'start') {
          if (breaker.allowance(nowMs) === 0) continue
          const isOpen = breaker.openUntilMs !== 0
          if (isOpen) expect(probe).toBeUndefined()
          if (isOpen) probe = `attempt ${n}`
          breaker.started(`attempt ${n}`)
          running.push(`attempt ${n}`)
          continue
        }
        const [attempt] = running.splice(which % Math.max(1, running.length), 1)
        if (attempt === undefined) continue
        if (what === 'fail') failures++
        const wasOpen = breaker.openUntilMs !== 0
        const change = what === 'held' ? undefined : breaker.ended(attempt, what === 'fail', terms, nowMs)
        if (what === 'held') expect(breaker.abandoned(attempt)).toBe(attempt === probe)
        if (wasOpen && attempt !== probe) expect(change).toBeUndefined()
        if (attempt === probe) probe = undefined
        expect(breaker.openUntilMs === 0 || failures > 0).toBe(true)
      }
    }),
  )
})
