import { describe, expect, it } from 'vitest'
import type { DeliveryTerms, Outcome } from '#core/delivery/event.ts'
import { Pressure, retryShare } from '#core/delivery/pressure.ts'

const now = Date.UTC(2026, 0, 1)
const breaker = { failurePercent: 50, minRequests: 2, windowSeconds: 10, openSeconds: 30 }
const plain: DeliveryTerms = {
  concurrency: 10,
  timeoutMs: 15_000,
  retry: { attempts: 12, baseSeconds: 5, maxSeconds: 60, maxAgeSeconds: 3_600 },
}
const guarded = { ...plain, breaker }
const attempt = { eventId: 'one', attempt: 1 }
const answered = (status: number): Outcome => ({ kind: 'answered', status, ms: 1 })
const unreachable: Outcome = { kind: 'failed', fault: 'upstream-unreachable', ms: 1 }
const held: Outcome = { kind: 'held', fault: 'app-expired' }

function started(pressure: Pressure, times: number, isRetry: boolean, terms = plain, nowMs = now): void {
  for (let n = 0; n < times; n++) pressure.started('shop', terms, { ...attempt, isRetry, nowMs })
}

describe('the rate of a source', () => {
  it('is unbounded unless its terms say otherwise', () => {
    expect(new Pressure(now, 0).allowance('shop', plain, now).attempts).toBe(Number.POSITIVE_INFINITY)
    expect(new Pressure(now, 0).earliestMs('shop', plain, now)).toBe(0)
  })

  it('is spread over the second: a tenth of it at once, at least one', () => {
    const attempts = (perSecond: number) =>
      new Pressure(now, 0).allowance('shop', { ...plain, perSecond }, now).attempts
    expect([0.5, 1, 50, 1000].map(attempts)).toEqual([1, 1, 5, 100])
  })

  it('is each source’s own', () => {
    const pressure = new Pressure(now, 0)
    const one = { ...plain, perSecond: 1 }
    started(pressure, 1, false, one)
    expect(pressure.allowance('shop', one, now).attempts).toBe(0)
    expect(pressure.earliestMs('shop', one, now)).toBe(now + 1_000)
    expect(pressure.allowance('till', one, now).attempts).toBe(1)
  })

  it('follows new terms at once', () => {
    const pressure = new Pressure(now, 0)
    started(pressure, 1, false, { ...plain, perSecond: 1 })
    expect(pressure.allowance('shop', { ...plain, perSecond: 100 }, now).attempts).toBe(10)
    expect(pressure.allowance('shop', plain, now).attempts).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('the retry budget', () => {
  it('allows a burst, then one a second', () => {
    const pressure = new Pressure(now, 0)
    expect(pressure.allowance('shop', plain, now).retries).toBe(20)
    started(pressure, 20, true)
    expect(pressure.allowance('shop', plain, now)).toEqual({ attempts: Number.POSITIVE_INFINITY, retries: 0 })
    expect(pressure.earliestRetryMs(now)).toBe(now + 1_000)
    expect(pressure.allowance('shop', plain, now + 3_000).retries).toBe(3)
  })

  it('earns its share of first attempts, over all sources of the app', () => {
    const pressure = new Pressure(now, 0)
    started(pressure, 20, true)
    for (let n = 0; n < 50; n++) pressure.started('till', plain, { ...attempt, isRetry: false, nowMs: now })
    expect(pressure.allowance('shop', plain, now).retries).toBe(50 * retryShare)
  })

  it('keeps retries to their share and one a second, however many are due', () => {
    const pressure = new Pressure(now, 0)
    let firsts = 0
    let retries = 0
    for (let second = 0; second < 600; second++) {
      const nowMs = now + second * 1000
      const many = (second * 7) % 23
      started(pressure, many, false, plain, nowMs)
      firsts += many
      const allowed = pressure.allowance('shop', plain, nowMs).retries
      started(pressure, allowed, true, plain, nowMs)
      retries += allowed
      expect(retries).toBeLessThanOrEqual(20 + firsts * retryShare + second + 1e-6)
    }
    expect(retries).toBeGreaterThan(600)
  })
})

describe('the breaker of an app', () => {
  it.each([
    ['500', answered(500), 'opened'],
    ['503', answered(503), 'opened'],
    ['unreachable', unreachable, 'opened'],
    ['404', answered(404), undefined],
    ['429', answered(429), undefined],
    ['302', answered(302), undefined],
    ['200', answered(200), undefined],
    ['held', held, undefined],
  ] as const)('takes %s for what it is', (_, outcome, change) => {
    const pressure = new Pressure(now, 0)
    pressure.ended({ ...attempt, outcome }, guarded, now)
    expect(pressure.ended({ ...attempt, outcome }, guarded, now)).toBe(change)
  })

  it('is shared by its sources, and bounds what a rate would allow', () => {
    const pressure = new Pressure(now, now + 30_000)
    for (const source of ['shop', 'till']) {
      expect(pressure.allowance(source, { ...guarded, perSecond: 100 }, now).attempts).toBe(0)
      expect(pressure.earliestMs(source, { ...guarded, perSecond: 100 }, now)).toBe(now + 30_000)
      expect(pressure.allowance(source, { ...guarded, perSecond: 100 }, now + 30_000).attempts).toBe(1)
    }
  })

  it('has no earliest moment while its probe is under way, and is freed by a probe that the gate held back', () => {
    const pressure = new Pressure(now, now + 30_000)
    const atMs = now + 30_000
    started(pressure, 1, false, guarded, atMs)
    expect(pressure.allowance('shop', guarded, atMs).attempts).toBe(0)
    expect(pressure.earliestMs('shop', guarded, atMs)).toBeUndefined()
    expect(pressure.ended({ ...attempt, outcome: held }, guarded, atMs)).toBe('freed')
    expect(pressure.allowance('shop', guarded, atMs).attempts).toBe(1)
  })

  it('does nothing for a source without one', () => {
    const pressure = new Pressure(now, 0)
    for (let n = 0; n < 50; n++)
      expect(pressure.ended({ ...attempt, outcome: unreachable }, plain, now)).toBeUndefined()
    expect(pressure.allowance('shop', plain, now).attempts).toBe(Number.POSITIVE_INFINITY)
  })
})
