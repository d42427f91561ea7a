import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outcome, RetryTerms } from '#core/delivery/event.ts'
import { backoffMs, decide, retryAtMs } from '#core/delivery/schedule.ts'

const terms: RetryTerms = { attempts: 12, baseSeconds: 5, maxSeconds: 21_600, maxAgeSeconds: 259_200 }
const nowMs = Date.UTC(2026, 0, 1)
const day = 86_400_000

const answered = (status: number, retryAtMs?: number): Outcome => ({
  kind: 'answered',
  status,
  ms: 1,
  ...(retryAtMs !== undefined && { retryAtMs }),
})
const failed: Outcome = { kind: 'failed', fault: 'upstream-timeout', ms: 1 }
const decided = (outcome: Outcome, tries: number, change: Partial<RetryTerms> = {}, sinceMs = nowMs) =>
  decide(outcome, { ...terms, ...change }, { tries, sinceMs, nowMs }, 0.5)

/** After how many tries an event dies of an outcome that never changes. */
const triesUntilDead = (outcome: Outcome, attempts: number) =>
  Array.from({ length: attempts + 1 }, (_, n) => n + 1).find(n => decided(outcome, n, { attempts }).kind === 'dead')

const someTerms = fc.record({
  attempts: fc.integer({ min: 1, max: 50 }),
  baseSeconds: fc.integer({ min: 1, max: 3600 }),
  maxSeconds: fc.integer({ min: 1, max: 86_400 }),
  maxAgeSeconds: fc.integer({ min: 1, max: 604_800 }),
})
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the wait after a try', () => {
  it('is random between nothing and min(maxSeconds, baseSeconds·2ⁿ⁻¹)', () => {
    fc.assert(
      fc.property(someTerms, fc.integer({ min: 1, max: 50 }), random, (terms, tries, random) => {
        const bound = Math.min(terms.maxSeconds, terms.baseSeconds * 2 ** (tries - 1)) * 1000
        const wait = backoffMs(tries, terms, random)
        expect(wait).toBeGreaterThanOrEqual(0)
        expect(wait).toBeLessThan(bound)
        expect(Math.abs(wait - random * bound)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('doubles its bound with every try until it reaches maxSeconds', () => {
    const bounds = [1, 2, 3, 4, 13, 14, 50].map(tries => backoffMs(tries, terms, 0.999999) / 1000)
    expect(bounds.map(Math.ceil)).toEqual([5, 10, 20, 40, 20_480, 21_600, 21_600])
  })

  it('is what an event that failed is due after', () => {
    fc.assert(
      fc.property(random, fc.integer({ min: 1, max: 11 }), (random, tries) => {
        const decision = decide(failed, terms, { tries, sinceMs: nowMs, nowMs }, random)
        expect(decision).toEqual({
          kind: 'again',
          dueAtMs: nowMs + backoffMs(tries, terms, random),
          fault: 'upstream-timeout',
        })
      }),
    )
  })
})

describe('Retry-After', () => {
  it('is honoured exactly, below the back-off and beyond maxSeconds', () => {
    for (const seconds of [0, 1, 7, 21_601, 259_200])
      expect(decided(answered(503, nowMs + seconds * 1000), 1)).toEqual({
        kind: 'again',
        dueAtMs: nowMs + seconds * 1000,
        fault: 'upstream-failed',
      })
  })

  it('beyond maxAgeSeconds ends the event now rather than after a wait in vain', () => {
    expect(decided(answered(503, nowMs + 259_200_001), 1)).toEqual({ kind: 'dead', fault: 'upstream-failed' })
    expect(decided(answered(503, nowMs + 2 * day), 1, {}, nowMs - 2 * day)).toEqual({
      kind: 'dead',
      fault: 'upstream-failed',
    })
  })

  it('gives no more tries than there are', () => {
    expect(decided(answered(503, nowMs), 12).kind).toBe('dead')
  })

  it('is read as seconds', () => {
    expect(retryAtMs('120', nowMs)).toBe(nowMs + 120_000)
    expect(retryAtMs(' 0 ', nowMs)).toBe(nowMs)
  })

  it('is read as a date, and never as one in the past', () => {
    expect(retryAtMs('Thu, 01 Jan 2026 00:02:00 GMT', nowMs)).toBe(nowMs + 120_000)
    expect(retryAtMs('Wed, 31 Dec 2025 23:00:00 GMT', nowMs)).toBe(nowMs)
  })

  it.each([null, '', ' ', '-1', '1.5', '1e3', 'soon', '2026-01-01', '9'.repeat(10), 'Thu, 99 Jan 2026 00:00:00 GMT'])(
    'says nothing when it is %j',
    header => {
      expect(retryAtMs(header, nowMs)).toBeUndefined()
    },
  )

  it('never puts a try into the past, whatever it says', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(retryAtMs(text, nowMs) ?? nowMs).toBeGreaterThanOrEqual(nowMs)
      }),
    )
  })
})

describe('an event is delivered', () => {
  it('by any 2xx, also at its last try and past its age', () => {
    for (const status of [200, 201, 202, 204, 299])
      expect(decided(answered(status), 99, {}, nowMs - 30 * day)).toEqual({ kind: 'delivered' })
  })
})

describe('an event dies', () => {
  it('of 410 at once', () => {
    expect(decided(answered(410), 1)).toEqual({ kind: 'dead', fault: 'upstream-failed' })
  })

  it.each([300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 409, 413, 422, 451, 499])(
    'of %i after three tries, or fewer if the source allows fewer',
    status => {
      expect(triesUntilDead(answered(status), 12)).toBe(3)
      expect(triesUntilDead(answered(status), 2)).toBe(2)
    },
  )

  it.each([408, 425, 429, 500, 502, 503, 504, 599])('of %i only after all its tries', status => {
    expect(triesUntilDead(answered(status), 12)).toBe(12)
    expect(triesUntilDead(answered(status), 1)).toBe(1)
  })

  it('at once of any answer that the vendor has had, but by a 2xx it is delivered', () => {
    const had = (status: number) => decided({ kind: 'answered', status, ms: 1, isFinal: true }, 1).kind
    expect([200, 204, 400, 404, 429, 503].map(had)).toEqual(['delivered', 'delivered', 'dead', 'dead', 'dead', 'dead'])
  })

  it('of an app that cannot be reached only after all its tries, with the last fault', () => {
    expect(triesUntilDead(failed, 12)).toBe(12)
    expect(decided(failed, 12)).toEqual({ kind: 'dead', fault: 'upstream-timeout' })
  })

  it('when its next try would fall after maxAgeSeconds', () => {
    const since = (ageSeconds: number) => nowMs - ageSeconds * 1000
    const wait = backoffMs(1, terms, 0.5) / 1000
    expect(decided(failed, 1, {}, since(259_200 - wait)).kind).toBe('again')
    expect(decided(failed, 1, {}, since(259_200 - wait + 0.001)).kind).toBe('dead')
  })
})

describe('an event that the gate held back', () => {
  it('waits and does not die, however old it is and however often it was held', () => {
    for (const fault of ['app-expired', 'entry-invalid', 'secret-missing'] as const) {
      const decision = decided({ kind: 'held', fault }, 99, {}, nowMs - 30 * day)
      expect(decision).toMatchObject({ kind: 'again', fault })
      expect(decision.kind === 'again' && decision.dueAtMs).toBeGreaterThan(nowMs)
    }
  })
})

it('never makes an event due in the past, or after its age', () => {
  const outcome = fc.oneof(
    fc.constant(failed),
    fc
      .tuple(fc.integer({ min: 300, max: 599 }), fc.option(fc.nat(10 * day), { nil: undefined }))
      .map(([status, wait]) => answered(status, wait === undefined ? undefined : nowMs + wait)),
  )
  fc.assert(
    fc.property(
      outcome,
      someTerms,
      fc.integer({ min: 1, max: 60 }),
      fc.nat(7 * day),
      random,
      (outcome, terms, tries, age, random) => {
        const sinceMs = nowMs - age
        const decision = decide(outcome, terms, { tries, sinceMs, nowMs }, random)
        if (decision.kind !== 'again') return
        expect(tries).toBeLessThan(terms.attempts)
        expect(decision.dueAtMs).toBeGreaterThanOrEqual(nowMs)
        expect(decision.dueAtMs).toBeLessThanOrEqual(sinceMs + terms.maxAgeSeconds * 1000)
      },
    ),
  )
})
