import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

const leaseMs = terms.timeoutMs + 30_000

/** Accepts events of the keys given, in this order, and returns their ids. */
async function acceptKeys(app: string, { calls }: HeldMailbox, ...keys: (string | undefined)[]): Promise<string[]> {
  const ids: string[] = []
  for (const orderKey of keys) {
    const event = incoming(app, orderKey === undefined ? {} : { orderKey })
    await calls.accept(event, terms)
    ids.push(event.id)
  }
  return ids
}

const handed = ({ batches }: HeldMailbox) => batches.flat().map(({ eventId }) => eventId)
const gaps = ({ batches }: HeldMailbox) => batches.flat().map(({ gaps }) => gaps)

describe('events of one key', () => {
  it('are attempted one after the other, in the order in which they were accepted', async () => {
    const mailbox = await heldMailbox('order-one')
    const ids = await acceptKeys('order-one', mailbox, 'a', 'a', 'a')
    for (const [n, id] of ids.entries()) {
      expect(handed(mailbox)).toEqual(ids.slice(0, n + 1))
      await mailbox.settle(id, 1, answered(200))
    }
    expect(handed(mailbox)).toEqual(ids)
  })

  it('wait behind the first through all its retries, and cost no wake-up of their own', async () => {
    const mailbox = await heldMailbox('order-retries')
    moveTimeBy(0)
    const [first = '', second = ''] = await acceptKeys('order-retries', mailbox, 'a', 'a')
    for (const attempt of [1, 2, 3]) {
      const dueMs = Date.now() + 600_000
      await mailbox.settle(first, attempt, answered(503, dueMs))
      expect(await mailbox.calls.show(second)).toMatchObject({ state: 'waiting', attempts: [] })
      expect(await mailbox.calls.show(second)).not.toHaveProperty('nextAttemptAt')
      moveTimeBy(leaseMs)
      await runDurableObjectAlarm(mailbox.stub)
      expect(await mailbox.alarm()).toBe(dueMs)
      moveTimeBy(dueMs - Date.now())
      await runDurableObjectAlarm(mailbox.stub)
    }
    expect(handed(mailbox)).toEqual([first, first, first, first])
    await mailbox.settle(first, 4, answered(200))
    expect(handed(mailbox).at(-1)).toBe(second)
  })

  it('hold up neither other keys, nor the same key of another source, nor events without one', async () => {
    const mailbox = await heldMailbox('order-others')
    const [first, , other, none] = await acceptKeys('order-others', mailbox, 'a', 'a', 'b', undefined)
    const elsewhere = incoming('order-others', { source: 'till', orderKey: 'a' })
    await mailbox.calls.accept(elsewhere, terms)
    expect(handed(mailbox)).toEqual([first, other, none, elsewhere.id])
  })

  it('keep their order when nobody reports on the first, and after an eviction', async () => {
    const before = await heldMailbox('order-lost')
    const [first = '', second = ''] = await acceptKeys('order-lost', before, 'a', 'a')
    await evictDurableObject(before.stub)
    const mailbox = await heldMailbox('order-lost')
    moveTimeBy(leaseMs + 1)
    await runDurableObjectAlarm(mailbox.stub)
    expect(handed(mailbox)).toEqual([first])
    await mailbox.settle(first, 2, answered(200))
    expect(handed(mailbox)).toEqual([first, second])
  })

  it('keep their order when the gate holds the first back', async () => {
    const mailbox = await heldMailbox('order-held')
    const [first = '', second = ''] = await acceptKeys('order-held', mailbox, 'a', 'a')
    await mailbox.settle(first, 1, { kind: 'held', fault: 'app-expired' })
    moveTimeBy(300_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(handed(mailbox)).toEqual([first, first])
    await mailbox.settle(first, 1, answered(200))
    expect(handed(mailbox).at(-1)).toBe(second)
  })

  it('are not held up by one that a filter let go', async () => {
    const mailbox = await heldMailbox('order-dropped')
    await mailbox.calls.accept(incoming('order-dropped', { orderKey: 'a', isDropped: true }), terms)
    const [next] = await acceptKeys('order-dropped', mailbox, 'a')
    expect(handed(mailbox)).toEqual([next])
    expect(gaps(mailbox)).toEqual([undefined])
  })

  it('let one that is replayed wait for what is under way, and for nothing else', async () => {
    const mailbox = await heldMailbox('order-replayed')
    const [first = '', second = ''] = await acceptKeys('order-replayed', mailbox, 'a', 'a')
    await mailbox.settle(first, 1, answered(200))
    expect(await mailbox.calls.replay(first)).toMatchObject({ state: 'waiting' })
    expect(handed(mailbox)).toEqual([first, second])
    await mailbox.settle(second, 1, answered(200))
    expect(handed(mailbox)).toEqual([first, second, first])
  })
})

describe('a dead letter of a key', () => {
  it('releases it, and the next delivery says which event is missing, until one has arrived', async () => {
    const mailbox = await heldMailbox('order-gap')
    const [dead = '', second = '', third = ''] = await acceptKeys('order-gap', mailbox, 'a', 'a', 'a')
    await mailbox.settle(dead, 1, answered(410))
    await mailbox.settle(second, 1, answered(503, Date.now()))
    await mailbox.settle(second, 2, answered(200))
    await mailbox.settle(third, 1, answered(200))
    expect(handed(mailbox)).toEqual([dead, second, second, third])
    expect(gaps(mailbox)).toEqual([undefined, [dead], [dead], undefined])
  })

  it('is named beside those that died before it, and only to its own key', async () => {
    const mailbox = await heldMailbox('order-gaps')
    const [one = '', two = '', other = '', three] = await acceptKeys('order-gaps', mailbox, 'a', 'a', 'b', 'a')
    await mailbox.settle(one, 1, answered(410))
    await mailbox.settle(two, 1, answered(410))
    await mailbox.settle(other, 1, answered(200))
    const [next] = await acceptKeys('order-gaps', mailbox, 'b')
    expect(handed(mailbox)).toEqual([one, other, two, three, next])
    expect(gaps(mailbox)).toEqual([undefined, undefined, [one], [one, two], undefined])
  })

  it('is not named by its own replay, whose success closes the gap', async () => {
    const mailbox = await heldMailbox('order-gap-own')
    const [dead = ''] = await acceptKeys('order-gap-own', mailbox, 'a')
    await mailbox.settle(dead, 1, answered(410))
    await mailbox.calls.replay(dead)
    await mailbox.settle(dead, 2, answered(200))
    await acceptKeys('order-gap-own', mailbox, 'a')
    expect(gaps(mailbox)).toEqual([undefined, undefined, undefined])
  })

  it('is no gap once a late report says that it arrived, and the other gaps stay', async () => {
    const mailbox = await heldMailbox('order-gap-late')
    const [late = '', dead = '', third = ''] = await acceptKeys('order-gap-late', mailbox, 'a', 'a', 'a')
    moveTimeBy(leaseMs + 1)
    await runDurableObjectAlarm(mailbox.stub)
    await mailbox.settle(late, 2, answered(410))
    await mailbox.settle(dead, 1, answered(410))
    await mailbox.settle(third, 1, answered(503, Date.now()))
    await mailbox.settle(late, 1, answered(200))
    await mailbox.settle(third, 2, answered(503, Date.now()))
    expect(handed(mailbox)).toEqual([late, late, dead, third, third, third])
    expect(gaps(mailbox).slice(2)).toEqual([[late], [late, dead], [late, dead], [dead]])
  })
})
