import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { homeMailbox } from '#core/delivery/event-id.ts'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy, moveTimeTo } from '../../support/time.ts'

const told = { ...terms, concurrency: 100, tellsOwner: true } as const

/** Stops the clock an hour ahead: alarms go off by the real one, and none is to go off by itself. */
const aheadOfAlarms = () => moveTimeBy(3_600_000)

/** Events that died, and whose letters lie in the archive. */
async function die(app: string, { calls, settle }: HeldMailbox, count = 1, by: typeof terms = told) {
  const ids = Array.from({ length: count }, () => incoming(app).id)
  await Promise.all(ids.map(id => calls.accept(incoming(app, { id }), by)))
  await Promise.all(ids.map(id => settle(id, 1, answered(410))))
  for (const id of ids) await calls.buried(id)
  return ids
}

async function wake({ alarm, stub }: HeldMailbox): Promise<number> {
  const atMs = (await alarm()) ?? Number.NaN
  moveTimeTo(Math.max(atMs, Date.now()))
  await runDurableObjectAlarm(stub)
  return atMs
}

describe('a dead letter', () => {
  it('is told of once it lies in the archive, a second later, and once', async () => {
    const mailbox = await heldMailbox('notice-dead')
    aheadOfAlarms()
    const nowMs = Date.now()
    const { id } = incoming('notice-dead')
    await mailbox.calls.accept(incoming('notice-dead', { id }), told)
    await mailbox.settle(id, 1, answered(410))
    moveTimeBy(10_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.notices).toEqual([])
    await mailbox.calls.buried(id)
    await mailbox.calls.buried(id)
    expect(await wake(mailbox)).toBe(nowMs + 11_000)
    expect(mailbox.notices).toMatchObject([{ type: 'dead-letters', count: 1, sources: { shop: 1 } }])
    expect(mailbox.notices[0]?.events).toEqual([
      {
        at: new Date(nowMs + 10_000).toISOString(),
        source: 'shop',
        eventId: id,
        reason: 'upstream-failed',
        attempts: 1,
      },
    ])
  })

  it('is one message with many others that die at once', async () => {
    const mailbox = await heldMailbox('notice-digest')
    aheadOfAlarms()
    const ids = await die('notice-digest', mailbox, 30)
    await wake(mailbox)
    expect(mailbox.notices).toMatchObject([{ count: 30 }])
    expect(mailbox.notices[0]?.events.map(({ eventId }) => eventId)).toEqual(ids.slice(0, 10))
  })

  it('waits a minute for the message before it, and takes along what dies meanwhile', async () => {
    const mailbox = await heldMailbox('notice-pace')
    aheadOfAlarms()
    await die('notice-pace', mailbox)
    const firstMs = await wake(mailbox)
    await mailbox.calls.notified(mailbox.notices[0]?.id ?? '', 'told')
    moveTimeBy(5_000)
    await die('notice-pace', mailbox)
    moveTimeBy(30_000)
    await die('notice-pace', mailbox, 2)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.notices).toHaveLength(1)
    expect(await wake(mailbox)).toBe(firstMs + 60_000)
    expect(mailbox.notices).toMatchObject([{ count: 1 }, { count: 3 }])
  })

  it('costs no message and no wake-up where the manifest names nobody to tell', async () => {
    const mailbox = await heldMailbox('notice-nobody')
    aheadOfAlarms()
    const nowMs = Date.now()
    await die('notice-nobody', mailbox, 1, { ...terms, retentionDays: 14 } as typeof told)
    expect(await mailbox.alarm()).toBe(nowMs + 14 * 86_400_000)
    expect(mailbox.notices).toEqual([])
  })
})

describe('a message that nobody confirms', () => {
  it('is sent again, the same under the same id, after 1, 2, 4 min and at most 1 h, for three days', async () => {
    const mailbox = await heldMailbox('notice-again')
    aheadOfAlarms()
    await die('notice-again', mailbox)
    const firstMs = await wake(mailbox)
    await evictDurableObject(mailbox.stub)
    const reborn = await heldMailbox('notice-again')
    const waits: number[] = []
    for (let lastMs = firstMs; Date.now() < firstMs + 259_200_000; ) {
      const atMs = await wake(reborn)
      waits.push((atMs - lastMs) / 60_000)
      lastMs = atMs
    }
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
    expect(new Set(reborn.notices.map(notice => JSON.stringify(notice)))).toEqual(
      new Set([JSON.stringify(mailbox.notices[0])]),
    )
    const tries = reborn.notices.length
    moveTimeBy(86_400_000)
    await runDurableObjectAlarm(reborn.stub)
    expect(reborn.notices).toHaveLength(tries)
  })

  it('lets the next of its type gather behind it, and go when it has ended', async () => {
    const mailbox = await heldMailbox('notice-behind')
    aheadOfAlarms()
    await die('notice-behind', mailbox)
    await wake(mailbox)
    const [first] = mailbox.notices
    await mailbox.calls.notified(first?.id ?? '', 'failed')
    moveTimeBy(30_000)
    await die('notice-behind', mailbox, 4)
    await wake(mailbox)
    expect(mailbox.notices.map(({ id, count }) => [id, count])).toEqual([
      [first?.id, 1],
      [first?.id, 1],
    ])
    await mailbox.calls.notified(first?.id ?? '', 'told')
    await wake(mailbox)
    expect(mailbox.notices.at(-1)).toMatchObject({ count: 4 })
    expect(mailbox.notices.at(-1)?.id).not.toBe(first?.id)
  })

  it.each(['told', 'unwanted', 'refused'] as const)('is not sent again once it is %s', async telling => {
    const app = `notice-ends-${telling}`
    const mailbox = await heldMailbox(app)
    aheadOfAlarms()
    await die(app, mailbox)
    await wake(mailbox)
    await mailbox.calls.notified(mailbox.notices[0]?.id ?? '', telling)
    await mailbox.calls.notified(mailbox.notices[0]?.id ?? '', telling)
    moveTimeBy(86_400_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.notices).toHaveLength(1)
  })
})

it('an opened breaker is told of, and one that closed again', async () => {
  const mailbox = await heldMailbox('notice-breaker')
  aheadOfAlarms()
  const breaker = { failurePercent: 50, minRequests: 2, windowSeconds: 30, openSeconds: 60 }
  const guarded = { ...told, breaker }
  const ids = Array.from({ length: 2 }, () => incoming('notice-breaker').id)
  for (const id of ids) await mailbox.calls.accept(incoming('notice-breaker', { id }), guarded)
  const againMs = Date.now() + 60_000
  for (const id of ids) await mailbox.settle(id, 1, answered(503, againMs))
  await wake(mailbox)
  expect(mailbox.notices).toMatchObject([{ type: 'breaker-opened', count: 1, sources: { shop: 1 } }])

  mailbox.batches.length = 0
  while (mailbox.batches.length === 0) await wake(mailbox)
  const [probe] = mailbox.batches.flat()
  await mailbox.settle(probe?.eventId ?? '', 2, answered(200))
  await wake(mailbox)
  expect(mailbox.notices.at(-1)).toMatchObject({ type: 'breaker-closed', count: 1 })
})

it('a pause and a resumption are told of with the operator’s reason, once however often it is said', async () => {
  const mailbox = await heldMailbox('notice-pause')
  aheadOfAlarms()
  const by = (reason: string) => ({ mailbox: homeMailbox('notice-pause'), reason })
  await mailbox.calls.pause('shop', by('mending'))
  await mailbox.calls.pause('shop', by('mending'))
  await mailbox.calls.pause(undefined, by('all of it'))
  await wake(mailbox)
  await mailbox.calls.resume(undefined, by('mended'))
  await mailbox.calls.resume(undefined, by('mended'))
  await wake(mailbox)
  expect(mailbox.notices).toMatchObject([
    {
      type: 'paused',
      count: 2,
      sources: { shop: 1 },
      events: [{ source: 'shop', reason: 'mending' }, { reason: 'all of it' }],
    },
    { type: 'resumed', count: 1, sources: {}, events: [{ reason: 'mended' }] },
  ])
})
