import { runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { DeliveryTerms, IncomingEvent } from '#core/delivery/event.ts'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

const leaseMs = terms.timeoutMs + 30_000

/** Accepts an event whose vendor waits. */
async function brought(app: string, { calls }: HeldMailbox, over: Partial<IncomingEvent> = {}, by = terms) {
  const event = incoming(app, { isSync: true, ...over })
  return { id: event.id, acceptance: await calls.accept(event, by) }
}

describe('an event whose vendor waits', () => {
  it('has its first attempt left to whoever brought it, under a lease, and handed to nobody else', async () => {
    const mailbox = await heldMailbox('lend-one')
    moveTimeBy(0)
    const { id, acceptance } = await brought('lend-one', mailbox)
    expect(acceptance).toEqual({ kind: 'accepted', eventId: id, lent: { attempt: 1 } })
    expect(await mailbox.calls.show(id)).toMatchObject({ state: 'delivering', attempts: [{ n: 1 }] })
    expect(mailbox.batches).toEqual([])
    expect(await mailbox.alarm()).toBe(Date.now() + leaseMs)
  })

  it('is delivered once its success is recorded', async () => {
    const mailbox = await heldMailbox('lend-settled')
    const { id } = await brought('lend-settled', mailbox)
    await mailbox.settle(id, 1, answered(200))
    moveTimeBy(86_400_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(await mailbox.calls.show(id)).toMatchObject({ state: 'delivered' })
    expect(mailbox.batches).toEqual([])
  })

  it('is attempted once more, under the same id, if nobody reports: whoever brought it has died', async () => {
    const mailbox = await heldMailbox('lend-crash')
    const { id } = await brought('lend-crash', mailbox)
    moveTimeBy(leaseMs + 1)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat()).toMatchObject([{ eventId: id, attempt: 2 }])
  })

  it('is dead at once, and announced, when the vendor has had a refusal', async () => {
    const mailbox = await heldMailbox('lend-final')
    const { id } = await brought('lend-final', mailbox)
    await mailbox.settle(id, 1, { kind: 'answered', status: 422, ms: 5, isFinal: true })
    expect(await mailbox.calls.show(id)).toMatchObject({ state: 'dead', fault: 'upstream-failed' })
    expect(mailbox.letters).toMatchObject([{ eventId: id, attempts: 1 }])
  })
})

describe('an event whose vendor waits has to wait itself', () => {
  const guarded: DeliveryTerms = {
    ...terms,
    breaker: { failurePercent: 50, minRequests: 1, windowSeconds: 9, openSeconds: 60 },
  }

  it.each<[string, (app: string, mailbox: HeldMailbox) => Promise<unknown>, Partial<IncomingEvent>?, DeliveryTerms?]>([
    ['while its source is paused', (_, { calls }) => calls.pause('shop')],
    ['behind another of its key', (app, mailbox) => brought(app, mailbox, { orderKey: 'k' }), { orderKey: 'k' }],
    ['with no slot free', (app, mailbox) => brought(app, mailbox), {}, { ...terms, concurrency: 1 }],
    [
      'beyond its rate',
      (app, mailbox) => brought(app, mailbox, {}, { ...terms, perSecond: 1 }),
      {},
      { ...terms, perSecond: 1 },
    ],
    [
      'while the breaker is open',
      async (app, mailbox) => {
        const { id } = await brought(app, mailbox, {}, guarded)
        await mailbox.settle(id, 1, answered(500))
      },
      {},
      guarded,
    ],
  ])('%s', async (why, before, over, by) => {
    const app = `lend-${why.replaceAll(' ', '-')}`
    const mailbox = await heldMailbox(app)
    moveTimeBy(0)
    await before(app, mailbox)
    const { id, acceptance } = await brought(app, mailbox, over, by)
    expect(acceptance).toEqual({ kind: 'accepted', eventId: id })
    expect(await mailbox.calls.show(id)).toMatchObject({ state: 'waiting', attempts: [] })
    expect(mailbox.batches.flat().map(({ eventId }) => eventId)).not.toContain(id)
  })

  it('if a filter dropped it, or if it is no news', async () => {
    const mailbox = await heldMailbox('lend-not')
    const claims = { vendorId: 'evt_1' }
    const { id, acceptance } = await brought('lend-not', mailbox, { isDropped: true, claims })
    expect(acceptance).toEqual({ kind: 'accepted', eventId: id })
    expect((await brought('lend-not', mailbox, { claims })).acceptance).toMatchObject({
      kind: 'duplicate',
      eventId: id,
    })
    const again = await brought('lend-not', mailbox)
    const repeated = await brought('lend-not', mailbox, { id: again.id })
    expect(repeated.acceptance).toEqual({ kind: 'accepted', eventId: again.id })
  })
})
