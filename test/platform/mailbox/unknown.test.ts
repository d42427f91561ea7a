import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { gatedApp } from '../../support/gated-app.ts'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { metric } from '../../support/metrics.ts'
import { eventually, hurryTimersOf, moveTimeBy } from '../../support/time.ts'

const leaseMs = terms.timeoutMs + 30_000

/** An event whose first attempt nobody reported on, and whose second one is under way. */
async function lostOnce(app: string): Promise<{ mailbox: HeldMailbox; eventId: string }> {
  const mailbox = await heldMailbox(app)
  const { id: eventId } = incoming(app)
  await mailbox.calls.accept(incoming(app, { id: eventId }), terms)
  moveTimeBy(leaseMs + 1)
  await runDurableObjectAlarm(mailbox.stub)
  return { mailbox, eventId }
}

describe('a lease that ends unreported', () => {
  it('is left alone until then', async () => {
    const { stub, calls, batches, alarm } = await heldMailbox('unknown-until')
    moveTimeBy(0)
    const event = incoming('unknown-until')
    await calls.accept(event, terms)
    expect(await alarm()).toBe(Date.now() + leaseMs)
    moveTimeBy(leaseMs - 1)
    await runDurableObjectAlarm(stub)
    expect(batches.flat()).toHaveLength(1)
    expect(await alarm()).toBe(event.receivedAtMs + leaseMs)
  })

  it('shows the attempt as outcome-unknown, and the event is attempted again under the same id', async () => {
    const { mailbox, eventId } = await lostOnce('unknown-again')
    expect(mailbox.batches.flat()).toMatchObject([
      { eventId, attempt: 1 },
      { eventId, attempt: 2 },
    ])
    const { state, attempts } = (await mailbox.calls.show(eventId)) ?? {}
    expect(state).toBe('delivering')
    expect(attempts).toMatchObject([{ n: 1, fault: 'outcome-unknown' }, { n: 2 }])
    expect(attempts?.[0]).not.toHaveProperty('ms')
  })

  it('is counted, by app and source', async () => {
    hurryTimersOf(5_000)
    await gatedApp('unknown-counted')
    await lostOnce('unknown-counted')
    await eventually(async () =>
      expect(await metric('delivery_outcome_unknown_total', { app: 'unknown-counted', source: 'shop' })).toBe(1),
    )
  })

  it('frees its slot', async () => {
    const mailbox = await heldMailbox('unknown-slot')
    const one = { ...terms, concurrency: 1 }
    const [first, second] = [incoming('unknown-slot'), incoming('unknown-slot')]
    await mailbox.calls.accept(first, one)
    await mailbox.calls.accept(second, one)
    moveTimeBy(leaseMs + 1)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat()).toHaveLength(2)
    expect(await mailbox.calls.list({ state: 'delivering' }, { limit: 5 })).toHaveLength(1)
  })
})

describe('a report that comes after its lease has ended', () => {
  it('changes nothing when it says that the attempt failed', async () => {
    const { mailbox, eventId } = await lostOnce('late-failure')
    const before = await mailbox.calls.show(eventId)
    await mailbox.settle(eventId, 1, answered(410))
    await mailbox.settle(eventId, 1, { kind: 'failed', fault: 'upstream-timeout', ms: 15_000 })
    await mailbox.settle(eventId, 1, { kind: 'held', fault: 'app-expired' })
    expect(await mailbox.calls.show(eventId)).toEqual(before)
    expect(mailbox.letters).toEqual([])
  })

  it('marks the event delivered when it says so, and nothing is attempted again', async () => {
    const { mailbox, eventId } = await lostOnce('late-success')
    await mailbox.settle(eventId, 2, answered(500))
    await mailbox.settle(eventId, 1, answered(200))
    const event = await mailbox.calls.show(eventId)
    expect(event).toMatchObject({
      state: 'delivered',
      attempts: [
        { n: 1, status: 200 },
        { n: 2, status: 500 },
      ],
    })
    expect(event).not.toHaveProperty('fault')

    moveTimeBy(3_600_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat()).toHaveLength(2)
  })

  it('leaves a newer attempt that still runs among the attempts, and takes its outcome as it comes', async () => {
    const { mailbox, eventId } = await lostOnce('late-overtaken')
    await mailbox.settle(eventId, 1, answered(200))
    const shown = async () => (await mailbox.calls.show(eventId))?.attempts
    expect(await shown()).toEqual([
      { n: 1, at: expect.any(String), ms: 7, status: 200 },
      { n: 2, at: expect.any(String) },
    ])
    await mailbox.settle(eventId, 2, answered(503))
    await mailbox.settle(eventId, 2, answered(410))
    expect(await shown()).toMatchObject([
      { n: 1, status: 200 },
      { n: 2, ms: 7, status: 503 },
    ])
    expect(await mailbox.calls.show(eventId)).toMatchObject({ state: 'delivered' })
  })

  it('takes a letter back when the event had died meanwhile and was delivered after all', async () => {
    const { mailbox, eventId } = await lostOnce('late-dead')
    await mailbox.settle(eventId, 2, answered(410))
    expect(mailbox.letters).toHaveLength(1)
    await mailbox.settle(eventId, 1, answered(204))
    expect(await mailbox.calls.show(eventId)).toMatchObject({ state: 'delivered' })
    moveTimeBy(3_600_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.letters).toHaveLength(1)
  })
})

describe('a recorded success', () => {
  it('is final: neither an alarm, nor another report, nor a report sent twice has it attempted again', async () => {
    const { stub, calls, batches, settle, letters } = await heldMailbox('success-final')
    const event = incoming('success-final')
    await calls.accept(event, terms)
    await settle(event.id, 1, answered(200))
    const delivered = await calls.show(event.id)
    await settle(event.id, 1, answered(200))
    await settle(event.id, 1, answered(500))
    await settle(event.id, 2, answered(410))
    for (const ms of [0, leaseMs, 86_400_000]) {
      moveTimeBy(ms)
      await runInDurableObject(stub, instance => instance.alarm())
    }
    expect(await calls.show(event.id)).toEqual(delivered)
    expect(batches.flat()).toHaveLength(1)
    expect(letters).toEqual([])
  })

  it('of an event that nobody knows is passed over', async () => {
    const { settle } = await heldMailbox('success-nobody')
    await expect(settle(incoming('success-nobody').id, 1, answered(200))).resolves.toBeUndefined()
  })
})
