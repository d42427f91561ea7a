import { runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { answered, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

const failed = answered(500)

describe('what is handed to the courier', () => {
  it('is at most as many events of a source as its concurrency allows, and the next when one is done', async () => {
    const { calls, batches, settle } = await heldMailbox('lease-concurrency')
    const two = { ...terms, concurrency: 2 }
    const events = Array.from({ length: 5 }, () => incoming('lease-concurrency'))
    for (const event of events) await calls.accept(event, two)
    expect(batches.flat()).toHaveLength(2)

    await settle(events[0]?.id ?? '', 1, answered(200))
    expect(batches.flat()).toHaveLength(3)
    await settle(events[1]?.id ?? '', 1, failed)
    expect(batches.flat()).toHaveLength(4)
    expect(await calls.list({ state: 'delivering' }, { limit: 10 })).toHaveLength(2)
    expect(batches.flat().map(({ eventId }) => eventId)).toEqual(events.slice(0, 4).map(({ id }) => id))
  })

  it('is at most 4 events in one call', async () => {
    const { stub, calls, batches, settle } = await heldMailbox('lease-batch')
    const ten = { ...terms, concurrency: 10 }
    const events = Array.from({ length: 10 }, () => incoming('lease-batch'))
    for (const event of events) await calls.accept(event, ten)
    const retryAtMs = Date.now() + 60_000
    for (const { id } of events) await settle(id, 1, answered(503, retryAtMs))
    batches.length = 0
    moveTimeBy(60_001)
    await runDurableObjectAlarm(stub)
    expect(batches.map(batch => batch.length)).toEqual([4, 4, 2])
    expect(new Set(batches.flat().map(({ eventId }) => eventId)).size).toBe(10)
  })

  it('goes on for one source while another has no slot free', async () => {
    const { calls, batches } = await heldMailbox('lease-sources')
    const one = { ...terms, concurrency: 1 }
    for (let n = 0; n < 3; n++) await calls.accept(incoming('lease-sources', { source: 'slow' }), one)
    await calls.accept(incoming('lease-sources', { source: 'quick' }), terms)
    expect(batches.flat().map(({ source }) => source)).toEqual(['slow', 'quick'])
  })

  it('is the bytes and headers as they were accepted, and what the attempt is', async () => {
    const { calls, batches } = await heldMailbox('lease-content')
    const body = new Uint8Array([0xff, 0, 0x80, 10])
    const event = incoming('lease-content', {
      body,
      size: 4,
      hops: 3,
      headers: [
        ['x-a', 'ü'],
        ['x-b', ''],
      ],
    })
    await calls.accept(event, terms)
    const { id: eventId, source, receivedAtMs, headers, hops } = event
    expect(batches).toEqual([[{ eventId, source, attempt: 1, receivedAtMs, headers, body, hops }]])
  })

  it('has no bytes where these lie in the payload store', async () => {
    const { calls, batches } = await heldMailbox('lease-large')
    const { body: _, ...large } = incoming('lease-large', { size: 2_000_000 })
    await calls.accept(large, terms)
    expect(batches.flat()[0]).not.toHaveProperty('body')
  })

  it('follows the newest terms that the mailbox was told, also by a report', async () => {
    const { calls, batches } = await heldMailbox('lease-terms')
    const one = { ...terms, concurrency: 1 }
    const events = Array.from({ length: 4 }, () => incoming('lease-terms'))
    for (const event of events) await calls.accept(event, one)
    expect(batches.flat()).toHaveLength(1)
    const eventId = events[0]?.id ?? ''
    await calls.settle({ eventId, attempt: 1, outcome: answered(200), terms: { ...terms, concurrency: 3 } })
    expect(batches.flat()).toHaveLength(4)
  })
})

describe('the wait before the next attempt', () => {
  it('is each event’s own, and the alarm goes off for the earliest', async () => {
    const { stub, calls, batches, settle, alarm } = await heldMailbox('lease-due')
    const [later, sooner] = [incoming('lease-due'), incoming('lease-due')]
    for (const event of [later, sooner]) await calls.accept(event, terms)
    const now = Date.now()
    await settle(later.id, 1, answered(503, now + 90_000))
    await settle(sooner.id, 1, answered(503, now + 30_000))
    expect(await alarm()).toBe(now + 30_000)
    batches.length = 0
    moveTimeBy(now + 30_000 - Date.now())
    await runDurableObjectAlarm(stub)
    expect(batches.flat()).toMatchObject([{ eventId: sooner.id, attempt: 2 }])
    expect(await calls.show(later.id)).toMatchObject({
      state: 'waiting',
      nextAttemptAt: new Date(now + 90_000).toISOString(),
      fault: 'upstream-failed',
    })
  })

  it('is random and at most baseSeconds·2ⁿ⁻¹ after try n, bounded by maxSeconds', async () => {
    const { stub, calls, settle } = await heldMailbox('lease-backoff')
    const retry = { ...terms.retry, baseSeconds: 60, maxSeconds: 200 }
    const events = Array.from({ length: 8 }, () => incoming('lease-backoff'))
    for (const event of events) await calls.accept(event, { ...terms, retry })
    moveTimeBy(0)
    for (const [n, boundMs] of [60_000, 120_000, 200_000, 200_000].entries()) {
      const now = Date.now()
      for (const { id } of events) await settle(id, n + 1, failed)
      const waits = (await calls.list({ state: 'waiting' }, { limit: 10 })).map(
        ({ nextAttemptAt }) => Date.parse(nextAttemptAt ?? '') - now,
      )
      expect(Math.max(...waits)).toBeLessThanOrEqual(boundMs)
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(0)
      expect(new Set(waits).size).toBeGreaterThan(4)
      moveTimeBy(boundMs)
      await runDurableObjectAlarm(stub)
    }
  })
})
