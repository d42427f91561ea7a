import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { DeliveryTerms } from '#core/delivery/event.ts'
import { gatedApp, mailboxes } from '../../support/gated-app.ts'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { metric } from '../../support/metrics.ts'
import { eventually, hurryTimersOf, moveTimeBy, moveTimeTo } from '../../support/time.ts'

const breaker = { failurePercent: 50, minRequests: 4, windowSeconds: 30, openSeconds: 60 }
const guarded: DeliveryTerms = { ...terms, breaker }

async function accept(app: string, { calls }: HeldMailbox, count: number, by: DeliveryTerms, source = 'shop') {
  const events = Array.from({ length: count }, () => incoming(app, { source }))
  for (const event of events) await calls.accept(event, by)
  return events.map(({ id }) => id)
}

/** Lets the alarm go off at its time until something starts, and says when; one that guarded a lease may come first, no more. */
async function nextStart({ stub, batches, alarm }: HeldMailbox): Promise<number> {
  const before = batches.length
  for (let n = 0; n < 2 && batches.length === before; n++) {
    moveTimeTo((await alarm()) ?? Number.NaN)
    await runDurableObjectAlarm(stub)
  }
  return batches.length > before ? Date.now() : Number.NaN
}

describe('the rate of a source', () => {
  it('lets so many attempts start a second, and the alarm goes off for the next though nothing else happens', async () => {
    const mailbox = await heldMailbox('pressure-rate')
    moveTimeBy(0)
    const startMs = Date.now()
    const ids = await accept('pressure-rate', mailbox, 4, { ...terms, perSecond: 2 })
    const starts = [startMs]
    for (const _ of ids.slice(1)) starts.push(await nextStart(mailbox))
    expect(starts.map(ms => ms - startMs)).toEqual([0, 500, 1000, 1500])
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).toEqual(ids)
  })

  it('does not slow another source', async () => {
    const mailbox = await heldMailbox('pressure-rates')
    moveTimeBy(0)
    await accept('pressure-rates', mailbox, 3, { ...terms, perSecond: 1 }, 'slow')
    await accept('pressure-rates', mailbox, 3, terms, 'quick')
    expect(mailbox.batches.flat().map(({ source }) => source)).toEqual(['slow', 'quick', 'quick', 'quick'])
  })
})

describe('the retry budget', () => {
  it('is given back by retries that succeed: a backlog drains as fast as a mended app takes it', async () => {
    const app = 'retries-drain'
    const mailbox = await heldMailbox(app)
    moveTimeBy(0)
    const ids = await accept(app, mailbox, 60, terms)
    const againMs = Date.now() + 60_000
    for (const id of ids) await mailbox.settle(id, 1, answered(503, againMs))
    mailbox.batches.length = 0
    moveTimeTo(againMs)
    await runDurableObjectAlarm(mailbox.stub)
    for (let at = 0; at < mailbox.batches.length; at++)
      for (const { eventId } of mailbox.batches[at] ?? []) await mailbox.settle(eventId, 2, answered(200))
    expect(await mailbox.calls.list({ state: 'delivered' }, { limit: 100 })).toHaveLength(60)
  })

  it('keeps retries to a fifth of first attempts and one a second, whatever has failed before', async () => {
    const mailbox = await heldMailbox('pressure-budget')
    moveTimeBy(0)
    const many = { ...terms, concurrency: 200 }
    const ids = await accept('pressure-budget', mailbox, 100, many)
    const dueMs = Date.now() + 60_000
    for (const id of ids) await mailbox.settle(id, 1, answered(503, dueMs))
    mailbox.batches.length = 0
    expect(await nextStart(mailbox)).toBe(dueMs)
    expect(mailbox.batches.flat()).toHaveLength(20)
    expect(await nextStart(mailbox)).toBe(dueMs + 1_000)
    expect(mailbox.batches.flat()).toHaveLength(21)

    await accept('pressure-budget', mailbox, 11, many)
    const attempts = mailbox.batches.flat().slice(21)
    expect(attempts.filter(({ attempt }) => attempt === 1)).toHaveLength(11)
    expect(attempts.filter(({ attempt }) => attempt > 1)).toHaveLength(2)
  })

  it('never holds up a first attempt', async () => {
    const mailbox = await heldMailbox('pressure-first')
    moveTimeBy(0)
    const ids = await accept('pressure-first', mailbox, 40, { ...terms, concurrency: 100 })
    for (const id of ids) await mailbox.settle(id, 1, answered(503, Date.now()))
    expect(mailbox.batches.flat().length).toBeLessThan(70)
    const [next] = await accept('pressure-first', mailbox, 1, { ...terms, concurrency: 100 })
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).toContain(next)
  })
})

describe('the breaker', () => {
  /** Four failures open it; each event is due again after an hour. */
  async function opened(app: string): Promise<{ mailbox: HeldMailbox; untilMs: number }> {
    const mailbox = await heldMailbox(app)
    moveTimeBy(0)
    for (const id of await accept(app, mailbox, 4, guarded)) {
      await mailbox.settle(id, 1, answered(500, Date.now() + 3_600_000))
    }
    mailbox.batches.length = 0
    return { mailbox, untilMs: Date.now() + 60_000 }
  }

  it('opens on the share of failures: accepting goes on, and nothing is attempted until it half-opens', async () => {
    const app = 'breaker-opens'
    const { mailbox, untilMs } = await opened(app)
    await accept(app, mailbox, 3, guarded)
    await accept(app, mailbox, 1, guarded, 'till')
    expect(mailbox.batches.flat()).toEqual([])
    expect(await mailbox.alarm()).toBeLessThanOrEqual(untilMs)
    moveTimeTo(untilMs - 1)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat()).toEqual([])
    expect(await mailbox.alarm()).toBe(untilMs)
  })

  it('does not open below its least number of attempts, nor for what the app refuses', async () => {
    const mailbox = await heldMailbox('breaker-closed')
    const [one = '', two = '', three = ''] = await accept('breaker-closed', mailbox, 3, guarded)
    for (const id of [one, two, three]) await mailbox.settle(id, 1, answered(503, Date.now() + 3_600_000))
    await accept('breaker-closed', mailbox, 1, guarded)
    expect(mailbox.batches.flat()).toHaveLength(4)
    const refused = await heldMailbox('breaker-refused')
    for (const id of await accept('breaker-refused', refused, 5, guarded)) await refused.settle(id, 1, answered(410))
    await accept('breaker-refused', refused, 1, guarded)
    expect(refused.batches.flat()).toHaveLength(6)
  })

  it('half-opens with one real event, whose end alone lets the others go', async () => {
    const app = 'breaker-probe'
    const { mailbox, untilMs } = await opened(app)
    const ids = await accept(app, mailbox, 3, guarded)
    const [till] = await accept(app, mailbox, 1, guarded, 'till')
    await nextStart(mailbox)
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).toEqual([ids[0]])
    expect(await mailbox.alarm()).toBe(untilMs + terms.timeoutMs + 30_000)
    await accept(app, mailbox, 1, guarded)
    expect(mailbox.batches.flat()).toHaveLength(1)

    await mailbox.settle(ids[0] ?? '', 1, answered(200))
    const started = mailbox.batches.flat().map(({ eventId }) => eventId)
    expect(started).toHaveLength(5)
    expect(started).toEqual(expect.arrayContaining([...ids, till]))
  })

  it('opens again when its probe fails, for as long again', async () => {
    const app = 'breaker-again'
    const { mailbox, untilMs } = await opened(app)
    const [probe = ''] = await accept(app, mailbox, 2, guarded)
    await nextStart(mailbox)
    await mailbox.settle(probe, 1, answered(502, Date.now() + 3_600_000))
    expect(mailbox.batches.flat()).toHaveLength(1)
    expect(await nextStart(mailbox)).toBe(untilMs + 60_000)
    expect(mailbox.batches.flat()).toHaveLength(2)
  })

  it('takes no notice of an older attempt that ends while its probe is under way', async () => {
    const app = 'breaker-older'
    const mailbox = await heldMailbox(app)
    moveTimeBy(0)
    const quick = { ...guarded, breaker: { ...breaker, openSeconds: 20 } }
    const [older = '', ...failing] = await accept(app, mailbox, 5, quick)
    for (const id of failing) await mailbox.settle(id, 1, answered(500, Date.now() + 3_600_000))
    moveTimeBy(20_000)
    const [probe = '', next] = await accept(app, mailbox, 2, quick)
    await mailbox.settle(older, 1, answered(500, Date.now() + 3_600_000))
    await mailbox.settle(probe, 1, answered(200))
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).toEqual([older, ...failing, probe, next])
  })

  it('probes with the next event when an older attempt of its probe was delivered after all', async () => {
    const app = 'breaker-overtaken'
    const mailbox = await heldMailbox(app)
    moveTimeBy(0)
    const [slow = '', ...failing] = await accept(app, mailbox, 5, guarded)
    for (const id of failing) await mailbox.settle(id, 1, answered(500, Date.now() + 3_600_000))
    moveTimeBy(terms.timeoutMs + 30_000)
    await runDurableObjectAlarm(mailbox.stub)
    mailbox.batches.length = 0
    moveTimeBy(60_000)
    await runDurableObjectAlarm(mailbox.stub)
    const [next] = await accept(app, mailbox, 1, guarded)
    expect(mailbox.batches.flat()).toMatchObject([{ eventId: slow, attempt: 2 }])
    await mailbox.settle(slow, 1, answered(200))
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).toEqual([slow, next])
  })

  it('holds attempts on which nobody reported against nobody: a crash of the gateway opens no breaker', async () => {
    const app = 'breaker-crash'
    const mailbox = await heldMailbox(app)
    moveTimeBy(0)
    await accept(app, mailbox, 10, guarded)
    moveTimeBy(terms.timeoutMs + 30_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat().filter(({ attempt }) => attempt === 2)).toHaveLength(10)
  })

  it('takes a probe on which nobody reports for a failed one', async () => {
    const app = 'breaker-lost'
    const { mailbox } = await opened(app)
    await accept(app, mailbox, 2, guarded)
    await nextStart(mailbox)
    const lostMs = (await mailbox.alarm()) ?? Number.NaN
    expect(lostMs).toBe(Date.now() + terms.timeoutMs + 30_000)
    expect(await nextStart(mailbox)).toBe(lostMs + 60_000)
    expect(mailbox.batches.flat()).toHaveLength(2)
  })

  it('probes with the next event when the gate held the probe back', async () => {
    const app = 'breaker-held'
    const { mailbox } = await opened(app)
    const [probe = ''] = await accept(app, mailbox, 1, guarded)
    const [next] = await accept(app, mailbox, 1, guarded, 'till')
    await nextStart(mailbox)
    await mailbox.settle(probe, 1, { kind: 'held', fault: 'app-expired' })
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).toEqual([probe, next])
  })

  it('probes with the next event when its probe is forgotten', async () => {
    const app = 'breaker-forgotten'
    const { mailbox } = await opened(app)
    const [probe = ''] = await accept(app, mailbox, 1, guarded)
    const [next] = await accept(app, mailbox, 1, guarded, 'till')
    await nextStart(mailbox)
    await mailbox.calls.forget([probe])
    await mailbox.settle(probe, 1, answered(200))
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).toEqual([probe, next])
  })

  it('stands where it stood after an eviction', async () => {
    hurryTimersOf(5_000)
    const app = 'breaker-evicted'
    const { mailbox, untilMs } = await opened(app)
    await evictDurableObject(mailbox.stub)
    const after = await heldMailbox(app)
    await accept(app, after, 2, guarded)
    expect(after.batches).toEqual([])
    expect(await nextStart(after)).toBe(untilMs)
    expect(after.batches.flat()).toHaveLength(1)
  })

  it('is counted when it opens and when it closes', async () => {
    hurryTimersOf(5_000)
    const app = 'breaker-counted'
    await gatedApp(app)
    const { mailbox } = await opened(app)
    const [probe = ''] = await accept(app, mailbox, 1, guarded)
    await nextStart(mailbox)
    await mailbox.settle(probe, 1, answered(200))
    expect((await mailboxes.show(probe))?.state).toBe('delivered')
    await eventually(async () => {
      expect(await metric('breaker_changes_total', { app, change: 'opened' })).toBe(1)
      expect(await metric('breaker_changes_total', { app, change: 'closed' })).toBe(1)
    })
  })
})
