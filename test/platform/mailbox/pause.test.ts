import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

async function accept(app: string, { calls }: HeldMailbox, source = 'shop', orderKey?: string): Promise<string> {
  const event = incoming(app, { source, ...(orderKey !== undefined && { orderKey }) })
  expect(await calls.accept(event, terms)).toMatchObject({ kind: 'accepted' })
  return event.id
}

const handed = ({ batches }: HeldMailbox) => batches.flat().map(({ eventId }) => eventId)

it('a paused source goes on accepting, and attempts nothing until it is resumed', async () => {
  const mailbox = await heldMailbox('pause-source')
  await mailbox.calls.pause('shop')
  const ids = [await accept('pause-source', mailbox), await accept('pause-source', mailbox)]
  moveTimeBy(86_400_000)
  await runDurableObjectAlarm(mailbox.stub)
  expect(handed(mailbox)).toEqual([])
  expect(await mailbox.calls.list({ state: 'waiting' }, { limit: 5 })).toHaveLength(2)
  await mailbox.calls.resume('shop')
  expect(handed(mailbox)).toEqual(ids)
})

it('a paused source does not stop another one', async () => {
  const mailbox = await heldMailbox('pause-other')
  await mailbox.calls.pause('shop')
  await accept('pause-other', mailbox)
  const till = await accept('pause-other', mailbox, 'till')
  expect(handed(mailbox)).toEqual([till])
  expect(await mailbox.calls.paused(['shop', 'till'])).toEqual(['shop'])
})

it('a paused app stops every source, also one that comes later', async () => {
  const mailbox = await heldMailbox('pause-app')
  await accept('pause-app', mailbox)
  await mailbox.calls.pause(undefined)
  const later = [await accept('pause-app', mailbox), await accept('pause-app', mailbox, 'till')]
  expect(handed(mailbox)).toHaveLength(1)
  expect(await mailbox.calls.paused(['shop', 'till'])).toEqual(['shop', 'till'])
  await mailbox.calls.resume(undefined)
  expect(handed(mailbox).slice(1)).toEqual(later)
  expect(await mailbox.calls.paused(['shop', 'till'])).toEqual([])
})

it('what is under way when the pause begins ends, and its retry waits', async () => {
  const mailbox = await heldMailbox('pause-under-way')
  const [done, failed] = [await accept('pause-under-way', mailbox), await accept('pause-under-way', mailbox)]
  await mailbox.calls.pause('shop')
  await mailbox.settle(done, 1, answered(200))
  await mailbox.settle(failed, 1, answered(503, Date.now() + 1_000))
  expect(await mailbox.calls.show(done)).toMatchObject({ state: 'delivered' })
  moveTimeBy(3_600_000)
  await runDurableObjectAlarm(mailbox.stub)
  expect(handed(mailbox)).toHaveLength(2)
  await mailbox.calls.resume('shop')
  expect(mailbox.batches.flat().at(-1)).toMatchObject({ eventId: failed, attempt: 2 })
})

it('an attempt on which nobody reports during the pause is made again after it, not before', async () => {
  const mailbox = await heldMailbox('pause-lost')
  const id = await accept('pause-lost', mailbox)
  await mailbox.calls.pause('shop')
  moveTimeBy(terms.timeoutMs + 30_001)
  await runDurableObjectAlarm(mailbox.stub)
  expect(await mailbox.calls.show(id)).toMatchObject({ state: 'waiting', attempts: [{ fault: 'outcome-unknown' }] })
  expect(handed(mailbox)).toEqual([id])
  await mailbox.calls.resume('shop')
  expect(handed(mailbox)).toEqual([id, id])
})

it('the order of a key is kept across a pause', async () => {
  const mailbox = await heldMailbox('pause-order')
  const first = await accept('pause-order', mailbox, 'shop', 'a')
  await mailbox.calls.pause('shop')
  const ids = [
    first,
    await accept('pause-order', mailbox, 'shop', 'a'),
    await accept('pause-order', mailbox, 'shop', 'a'),
  ]
  await mailbox.settle(first, 1, answered(503, Date.now()))
  await mailbox.calls.resume('shop')
  expect(handed(mailbox)).toEqual([first, first])
  for (const [n, id] of ids.entries()) await mailbox.settle(id, n === 0 ? 2 : 1, answered(200))
  expect(handed(mailbox)).toEqual([first, ...ids])
})

it('a pause survives an eviction', async () => {
  const before = await heldMailbox('pause-evicted')
  await before.calls.pause('shop')
  await evictDurableObject(before.stub)
  const mailbox = await heldMailbox('pause-evicted')
  await accept('pause-evicted', mailbox)
  expect(handed(mailbox)).toEqual([])
  expect(await mailbox.calls.paused(['shop'])).toEqual(['shop'])
})

it('a pause sets no alarm for what must not start, not even for its retries and replays', async () => {
  const mailbox = await heldMailbox('pause-alarm')
  moveTimeBy(0)
  const id = await accept('pause-alarm', mailbox)
  await mailbox.calls.pause('shop')
  await accept('pause-alarm', mailbox)
  await mailbox.settle(id, 1, answered(503, Date.now() + 1_000))
  await mailbox.calls.replay(id)
  expect(await mailbox.alarm()).toBe(Date.now() + terms.timeoutMs + 30_000)
  moveTimeBy(terms.timeoutMs + 30_000)
  await runDurableObjectAlarm(mailbox.stub)
  expect(await mailbox.alarm()).toBeNull()
})

it('what ends during a pause is still purged in time', async () => {
  const mailbox = await heldMailbox('pause-purge')
  moveTimeBy(0)
  await mailbox.calls.pause('shop')
  await accept('pause-purge', mailbox)
  expect(await mailbox.alarm()).toBeNull()
  const dropped = incoming('pause-purge', { isDropped: true })
  await mailbox.calls.accept(dropped, terms)
  expect(await mailbox.alarm()).toBe(dropped.receivedAtMs + 14 * 86_400_000)
})

it('pausing and resuming twice is the same as once, and a source that was never paused may be resumed', async () => {
  const mailbox = await heldMailbox('pause-twice')
  await mailbox.calls.resume('shop')
  for (const _ of [1, 2]) await mailbox.calls.pause('shop')
  const id = await accept('pause-twice', mailbox)
  for (const _ of [1, 2]) await mailbox.calls.resume('shop')
  expect(handed(mailbox)).toEqual([id])
})
