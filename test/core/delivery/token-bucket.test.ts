import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TokenBucket } from '#core/delivery/token-bucket.ts'

const now = Date.UTC(2026, 0, 1)

it('starts full, and holds no more than its capacity', () => {
  const bucket = new TokenBucket(10, 3, now)
  expect(bucket.available(now)).toBe(3)
  expect(bucket.available(now + 3_600_000)).toBe(3)
  bucket.add(5)
  expect(bucket.available(now + 3_600_000)).toBe(3)
})

it('gains its tokens with time, and says when the next whole one is there', () => {
  const bucket = new TokenBucket(4, 1, now)
  expect(bucket.nextAtMs(now)).toBe(now)
  bucket.take(1)
  expect(bucket.available(now)).toBe(0)
  expect(bucket.nextAtMs(now)).toBe(now + 250)
  expect(bucket.available(now + 249)).toBe(0)
  expect(bucket.nextAtMs(now + 249)).toBe(now + 250)
  expect(bucket.available(now + 250)).toBe(1)
})

it('takes tokens earned otherwise for those that time brings', () => {
  const bucket = new TokenBucket(1, 5, now)
  bucket.take(5)
  for (let n = 0; n < 5; n++) bucket.add(0.2)
  expect(bucket.available(now)).toBe(1)
})

it('owes what was taken beyond its tokens', () => {
  const bucket = new TokenBucket(1, 1, now)
  bucket.take(3)
  expect(bucket.available(now + 2_000)).toBe(0)
  expect(bucket.available(now + 3_000)).toBe(1)
})

it('gains nothing by a clock that goes back', () => {
  const bucket = new TokenBucket(1, 10, now)
  bucket.take(10)
  expect(bucket.available(now - 60_000)).toBe(0)
  expect(bucket.available(now - 59_000)).toBe(1)
})

it('never lets more start in a time than its rate and its capacity allow, and always keeps its word on the next', () => {
  const waits = fc.array(fc.nat(5_000), { minLength: 1, maxLength: 200 })
  const rate = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0.01, max: 10, noNaN: true }))
  fc.assert(
    fc.property(rate, fc.integer({ min: 1, max: 50 }), waits, (perSecond, capacity, waits) => {
      const bucket = new TokenBucket(perSecond, capacity, now)
      let nowMs = now
      let taken = 0
      for (const ms of waits) {
        nowMs += ms
        const tokens = bucket.available(nowMs)
        bucket.take(tokens)
        taken += tokens
        expect(taken).toBeLessThanOrEqual(capacity + ((nowMs - now) / 1000) * perSecond + 1e-3)
        const nextMs = bucket.nextAtMs(nowMs)
        expect(nextMs).toBeGreaterThan(nowMs)
        expect(new TokenBucket(perSecond, capacity, nowMs).available(nowMs)).toBe(capacity)
      }
      const nextMs = bucket.nextAtMs(nowMs)
      expect(bucket.available(nextMs)).toBeGreaterThanOrEqual(1)
    }),
  )
})
