import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Settlement } from '#core/delivery/event.ts'
import type { Env } from '#platform/env.ts'
import { r2Payloads } from '#platform/payloads-r2.ts'
import { bucketsOf } from '#platform/places.ts'
import { deliveries } from '#routes/deliveries.ts'
import { accepted, comeToNextAttempt, ended, eventIn, gatedApp, mailboxes, mailboxStub } from '../support/gated-app.ts'
import { incoming } from '../support/mailbox.ts'
import { metric } from '../support/metrics.ts'
import { recordingPorts } from '../support/ports.ts'
import { publish } from '../support/publish.ts'
import { eventually, moveTimeBy, moveTimeTo } from '../support/time.ts'

const quick = { retry: { baseSeconds: 1, maxSeconds: 1 } }
const status = (code: number, headers = {}) => new Response(null, { status: code, headers })

describe('an app that answers', () => {
  it('twice with an error and then well has its event delivered at the third attempt', async () => {
    let tries = 0
    const seen = await gatedApp('outcome-third', { source: quick, answer: () => status(++tries < 3 ? 500 : 200) })
    const eventId = await accepted('outcome-third')
    const event = await ended(eventId)
    expect(event.state).toBe('delivered')
    expect(event.attempts.map(({ n, status }) => [n, status])).toEqual([
      [1, 500],
      [2, 500],
      [3, 200],
    ])
    expect(event.fault).toBeUndefined()
    expect(seen.map(({ headers }) => headers.get('gatehouse-attempt'))).toEqual(['1', '2', '3'])
    const delivered = { app: 'outcome-third', source: 'shop' }
    expect(await metric('deliveries_total', { ...delivered, result: '500' })).toBe(2)
    expect(await metric('deliveries_total', { ...delivered, result: '200' })).toBe(1)
  })

  it.each([
    ['seconds', 'outcome-after', () => '7200'],
    ['a date', 'outcome-after-date', (now: number) => new Date(now + 7_200_000).toUTCString()],
  ])('with Retry-After in %s is tried again exactly then, whatever maxSeconds says', async (_, app, header) => {
    moveTimeTo('2026-12-24T18:00:00.000Z')
    const now = Date.now()
    await gatedApp(app, { source: quick, answer: () => status(503, { 'retry-after': header(now) }) })
    const { nextAttemptAt } = await eventIn('waiting', await accepted(app))
    expect(nextAttemptAt).toBe('2026-12-24T20:00:00.000Z')
  })

  it('with a Retry-After beyond maxAgeSeconds has no try left, so the event is dead', async () => {
    const source = { retry: { ...quick.retry, maxAgeSeconds: 3_600 } }
    await gatedApp('outcome-age', { source, answer: () => status(503, { 'retry-after': '3700' }) })
    expect(await eventIn('dead', await accepted('outcome-age'))).toMatchObject({ fault: 'upstream-failed' })
  })

  it('with 410 gets the event never again', async () => {
    const seen = await gatedApp('outcome-gone', { source: quick, answer: () => status(410) })
    const event = await eventIn('dead', await accepted('outcome-gone'))
    expect(event).toMatchObject({ fault: 'upstream-failed', attempts: [{ n: 1, status: 410 }] })
    expect(seen).toHaveLength(1)
  })

  it.each([
    [404, 3],
    [302, 3],
    [500, 5],
    [408, 5],
    [425, 5],
    [429, 5],
  ])('with %i again and again has its event dead after %i of 5 attempts', async (code, tries) => {
    const app = `outcome-${code}`
    const source = { retry: { ...quick.retry, attempts: 5 } }
    const seen = await gatedApp(app, {
      source,
      answer: () => status(code, { location: 'https://outcome-gone.example.com/' }),
    })
    const eventId = await accepted(app)
    const { state, attempts } = await ended(eventId)
    expect(state).toBe('dead')
    expect(attempts.map(attempt => attempt.status)).toEqual(Array(tries).fill(code))
    expect(seen.every(({ redirect }) => redirect === 'manual')).toBe(true)
  })

  it.each([200, 201, 202, 204])('with %i has taken the event', async code => {
    await gatedApp(`outcome-${code}`, { answer: () => status(code) })
    expect(await eventIn('delivered', await accepted(`outcome-${code}`))).toMatchObject({
      attempts: [{ status: code }],
    })
  })
})

describe('an app that does not answer', () => {
  it('in time is noted as upstream-timeout and tried again', async () => {
    const source = { retry: { baseSeconds: 3_600, maxSeconds: 3_600 }, delivery: { timeoutMs: 100 } }
    await gatedApp('outcome-timeout', { source, answer: () => new Promise(() => {}) })
    const { attempts, fault } = await eventIn('waiting', await accepted('outcome-timeout'))
    expect(fault).toBe('upstream-timeout')
    expect(attempts).toMatchObject([{ n: 1, fault: 'upstream-timeout' }])
    expect(attempts[0]?.ms).toBeGreaterThanOrEqual(90)
    expect(attempts[0]).not.toHaveProperty('status')
  })

  it('because it cannot be reached is noted as upstream-unreachable, and dead when its attempts are spent', async () => {
    const source = { retry: { ...quick.retry, attempts: 2 } }
    await gatedApp('outcome-away', { source, answer: () => Promise.reject(new TypeError('connection refused')) })
    const eventId = await accepted('outcome-away')
    const { state, attempts, fault } = await ended(eventId)
    expect([state, fault]).toEqual(['dead', 'upstream-unreachable'])
    expect(attempts).toMatchObject([{ fault: 'upstream-unreachable' }, { fault: 'upstream-unreachable' }])
  })
})

describe('an event that the gate holds back', () => {
  it('while its app is expired waits without an attempt, and goes on after the renewal', async () => {
    const lifecycle = { stage: 'sandbox', ttlDays: 1 }
    const answer = () => status(500, { 'retry-after': '100000' })
    const seen = await gatedApp('held-expired', { spec: { lifecycle }, answer })
    const eventId = await accepted('held-expired')
    await comeToNextAttempt(await eventIn('waiting', eventId))
    await eventually(async () =>
      expect(await mailboxes.show(eventId)).toMatchObject({ state: 'waiting', fault: 'app-expired' }),
    )
    expect((await mailboxes.show(eventId))?.attempts).toHaveLength(1)
    expect(seen).toHaveLength(1)

    await gatedApp('held-expired', { spec: { lifecycle } })
    moveTimeBy(120_000)
    await runDurableObjectAlarm(mailboxStub('held-expired'))
    expect(await eventIn('delivered', eventId)).toMatchObject({
      attempts: [
        { n: 1, status: 500 },
        { n: 2, status: 200 },
      ],
    })
  })

  it('while no signing secret is in place waits, and goes out signed once one is', async () => {
    const spec = { signing: { secrets: ['sign'] } }
    const seen = await gatedApp('held-secret', { spec })
    const eventId = await accepted('held-secret')
    const held = await eventIn('waiting', eventId)
    expect(held).toMatchObject({ fault: 'secret-missing', attempts: [] })
    expect(seen).toHaveLength(0)

    const again = await gatedApp('held-secret', {
      spec,
      secrets: { sign: `whsec_${btoa('a key to sign with, at last')}` },
    })
    await comeToNextAttempt(await eventIn('waiting', eventId))
    await eventIn('delivered', eventId)
    expect(again[0]?.headers.get('webhook-signature')).toMatch(/^v1,/)
  })

  it('because its source has left the manifest waits until it is back', async () => {
    const answer = () => status(503, { 'retry-after': '60' })
    await gatedApp('held-source', {
      moreSources: { old: { scheme: 'github', secrets: ['vendor'], path: '/old' } },
      answer,
    })
    const eventId = await accepted('held-source')
    await eventIn('waiting', eventId)
    await publish({ name: 'held-source', webhooks: { old: { scheme: 'github', secrets: ['vendor'], path: '/old' } } })
    await comeToNextAttempt(await eventIn('waiting', eventId))
    await eventually(async () =>
      expect(await mailboxes.show(eventId)).toMatchObject({ state: 'waiting', fault: 'source-unknown' }),
    )
    await gatedApp('held-source')
    moveTimeBy(120_000)
    await runDurableObjectAlarm(mailboxStub('held-source'))
    await eventIn('delivered', eventId)
  })
})

it('a report that cannot be made does not cut off the other attempts of the same call', async () => {
  const reported: string[] = []
  const settle = async ({ eventId }: Settlement) => {
    if (eventId.includes('~first~')) throw new Error('the object was reset')
    await new Promise(resolve => setTimeout(resolve, 20))
    reported.push(eventId)
  }
  const registry = { find: async () => ({ kind: 'unknown' }) as const, remembers: () => false }
  const { ports } = recordingPorts({
    registry,
    mailboxes: { ...mailboxes, settle },
    payloads: r2Payloads(bucketsOf(env as unknown as Env)),
  })
  const consignments = ['first', 'second'].map(app => {
    const { id: eventId, source, receivedAtMs, headers, hops } = incoming(app)
    return { eventId, source, receivedAtMs, headers, hops, attempt: 1 }
  })
  await expect(deliveries(consignments, ports)).rejects.toThrow('the object was reset')
  expect(reported).toEqual([consignments[1]?.eventId])
})
