import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { RateRule } from '#core/limits/rate-rule.ts'
import { storeTimeoutMs } from '#core/limits/rates.ts'
import type { Env } from '#platform/env.ts'
import { durableRates } from '#platform/limits/rates-durable.ts'
import { hammer, isolateOn } from '../../support/rates.ts'
import { moveTimeBy, moveTimeTo, stretchTimersOf } from '../../support/time.ts'

const durable = durableRates(env as unknown as Env)
const isolate = () => isolateOn(durable)
const counter = (app: string, name = 'burst') => ({ app, subject: 'caller a', name })
const one = { least: 1, most: 1 }

beforeEach(() => stretchTimersOf(storeTimeoutMs))

describe('several isolates under 64 connections', () => {
  const rules: RateRule[] = [
    { kind: 'sliding', limit: 50, windowSeconds: 3_600 },
    { kind: 'sliding', limit: 1_000, windowSeconds: 86_400 },
    { kind: 'bucket', limit: 500, windowSeconds: 86_400 },
    { kind: 'calendar', limit: 500, per: 'month' },
  ]
  it.each(rules)(
    'never let more through than %j, and at least 95 %% of it',
    async rule => {
      const granted = await hammer([isolate(), isolate()], 32, `rates-${rule.kind}-${rule.limit}`, rule)
      expect(granted).toBeLessThanOrEqual(rule.limit)
      expect(granted).toBeGreaterThanOrEqual(rule.limit * 0.95)
    },
    60_000,
  )
})

describe('the object', () => {
  it('counts each app, subject and limit by itself', async () => {
    const rule: RateRule = { kind: 'sliding', limit: 1, windowSeconds: 60 }
    const base = counter('rates-apart')
    for (const each of [base, { ...base, app: 'rates-apart-two' }, { ...base, subject: 'b' }, { ...base, name: 'day' }])
      expect(await durable.take(each, rule, one)).toMatchObject({ units: 1 })
    expect(await durable.take(base, rule, one)).toMatchObject({ units: 0 })
  })

  it('takes back what was not used', async () => {
    const rule: RateRule = { kind: 'sliding', limit: 1, windowSeconds: 60 }
    const { mark } = await durable.take(counter('rates-back'), rule, one)
    await durable.back(counter('rates-back'), rule, 1, mark)
    expect(await durable.take(counter('rates-back'), rule, one)).toMatchObject({ units: 1 })
  })

  it('keeps its counts when the manifest changes the limit, and begins anew when it changes the window', async () => {
    moveTimeTo('2026-11-21T12:00:00Z')
    const rule = (limit: number, windowSeconds: number): RateRule => ({ kind: 'sliding', limit, windowSeconds })
    await durable.take(counter('rates-changed'), rule(3, 60), { least: 3, most: 3 })
    expect(await durable.take(counter('rates-changed'), rule(4, 60), one)).toMatchObject({ units: 1, remaining: 0 })
    expect(await durable.take(counter('rates-changed'), rule(4, 30), one)).toMatchObject({ units: 1, remaining: 3 })
  })

  it('a quota begins anew with the day of UTC', async () => {
    moveTimeTo('2026-11-21T23:59:59.500Z')
    const rule: RateRule = { kind: 'calendar', limit: 2, per: 'day' }
    expect(await durable.take(counter('rates-day'), rule, { least: 2, most: 2 })).toMatchObject({ leaseMs: 500 })
    expect(await durable.take(counter('rates-day'), rule, one)).toMatchObject({ units: 0, resetMs: 500 })
    moveTimeBy(500)
    expect(await durable.take(counter('rates-day'), rule, one)).toMatchObject({ units: 1, remaining: 1 })
  })
})
