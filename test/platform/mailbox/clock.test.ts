import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { answered, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

const hourMs = 3_600_000

describe('a clock that jumps an hour ahead', () => {
  it('ends the leases of what is under way: made once more, and the first report of success counts', async () => {
    const mailbox = await heldMailbox('clock-ahead')
    moveTimeBy(hourMs)
    const events = Array.from({ length: 3 }, () => incoming('clock-ahead'))
    for (const event of events) await mailbox.calls.accept(event, terms)
    moveTimeBy(hourMs)
    await runDurableObjectAlarm(mailbox.stub)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat().map(({ attempt }) => attempt)).toEqual([1, 1, 1, 2, 2, 2])
    for (const { id } of events) await mailbox.settle(id, 1, answered(200))
    moveTimeBy(hourMs)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat()).toHaveLength(6)
    expect(await mailbox.calls.list({ state: 'delivered' }, { limit: 5 })).toHaveLength(3)
  })

  it('makes due what waits, once', async () => {
    const mailbox = await heldMailbox('clock-due')
    moveTimeBy(hourMs)
    const { id } = incoming('clock-due')
    await mailbox.calls.accept(incoming('clock-due', { id }), terms)
    await mailbox.settle(id, 1, answered(503, Date.now() + hourMs))
    moveTimeBy(hourMs)
    await runDurableObjectAlarm(mailbox.stub)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat().map(({ attempt }) => attempt)).toEqual([1, 2])
  })
})

describe('a clock that jumps an hour back', () => {
  it.each([false, true])('holds up nothing new, evicted meanwhile: %s', async isEvicted => {
    const app = `clock-back-${isEvicted}`
    const paced = { ...terms, perSecond: 1 }
    let mailbox = await heldMailbox(app)
    moveTimeBy(2 * hourMs)
    await mailbox.calls.accept(incoming(app), paced)
    moveTimeBy(-hourMs)
    if (isEvicted) {
      await evictDurableObject(mailbox.stub)
      mailbox = await heldMailbox(app)
    }
    mailbox.batches.length = 0
    const { id } = incoming(app)
    await mailbox.calls.accept(incoming(app, { id }), paced)
    moveTimeBy(1_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).toEqual([id])
  })

  it('loses nothing that was under way or waiting: it is due by the clock it was set by, at the latest', async () => {
    const mailbox = await heldMailbox('clock-back-waits')
    moveTimeBy(2 * hourMs)
    const [lost, failed] = [incoming('clock-back-waits'), incoming('clock-back-waits')]
    for (const event of [lost, failed]) await mailbox.calls.accept(event, terms)
    await mailbox.settle(failed.id, 1, answered(503, Date.now() + 10_000))
    moveTimeBy(-hourMs)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat()).toHaveLength(2)
    moveTimeBy(hourMs + terms.timeoutMs + 30_000)
    await runDurableObjectAlarm(mailbox.stub)
    const again = mailbox.batches.flat().slice(2)
    expect(new Set(again.map(({ eventId, attempt }) => `${eventId} ${attempt}`))).toEqual(
      new Set([`${lost.id} 2`, `${failed.id} 2`]),
    )
  })
})
