import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { EventFilter } from '#core/delivery/event.ts'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import type { ReplayOrder } from '#core/delivery/replay.ts'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

/** A mailbox with events that have ended: one for each status given, of the order key given with it. */
async function stage(
  app: string,
  ...ends: (number | [number, string])[]
): Promise<{ mailbox: HeldMailbox; ids: string[] }> {
  const mailbox = await heldMailbox(app)
  moveTimeBy(3_600_000)
  const ids: string[] = []
  for (const end of ends) {
    const [status, orderKey] = typeof end === 'number' ? [end] : end
    const event = incoming(app, { ...(orderKey !== undefined && { orderKey }) })
    await mailbox.calls.accept(event, terms)
    await mailbox.settle(event.id, 1, answered(status))
    ids.push(event.id)
    moveTimeBy(1)
  }
  mailbox.batches.length = 0
  return { mailbox, ids }
}

const order = (filter: EventFilter = {}, over: Partial<ReplayOrder> = {}): ReplayOrder => ({
  filter,
  perSecond: 10,
  skipSuperseded: false,
  ...over,
})

/** Starts a replay and lets its first second begin. */
async function start(app: string, { calls, stub }: HeldMailbox, wish: ReplayOrder): Promise<string> {
  const { id } = await calls.startReplay(mintEventId(homeMailbox(app), new Date()), wish)
  await runDurableObjectAlarm(stub)
  return id
}

async function nextSecond({ stub }: HeldMailbox): Promise<void> {
  moveTimeBy(1_000)
  await runDurableObjectAlarm(stub)
}

const handed = ({ batches }: HeldMailbox) => batches.flat().map(({ eventId }) => eventId)

describe('what a replay sends', () => {
  it('is what matches its filter and has ended, in the order it was accepted; the count says how many before', async () => {
    const { mailbox, ids } = await stage('replays-filter', 410, 200, 410, 200)
    const busy = incoming('replays-filter')
    await mailbox.calls.accept(busy, terms)
    const [first = '', , third = ''] = ids
    const at = Date.parse((await mailbox.calls.show(third))?.receivedAt ?? '')
    const filters: [EventFilter, number][] = [
      [{}, 4],
      [{ state: 'dead' }, 2],
      [{ fault: 'upstream-failed' }, 2],
      [{ source: 'nobody' }, 0],
      [{ fromMs: at }, 2],
      [{ toMs: at }, 2],
      [{ state: 'waiting' }, 0],
      [{ state: 'delivering' }, 0],
    ]
    for (const [filter, count] of filters) expect(await mailbox.calls.countReplay(order(filter))).toBe(count)
    mailbox.batches.length = 0
    await start('replays-filter', mailbox, order({ state: 'dead' }))
    expect(handed(mailbox)).toEqual([first, third])
    expect(mailbox.batches.flat().map(({ attempt }) => attempt)).toEqual([2, 2])
  })

  it('is not what is accepted after it began', async () => {
    const { mailbox, ids } = await stage('replays-later', 200, 200)
    const id = await start('replays-later', mailbox, order({}, { perSecond: 1 }))
    const later = incoming('replays-later')
    await mailbox.calls.accept(later, terms)
    await mailbox.settle(later.id, 1, answered(200))
    for (const eventId of ids) {
      await mailbox.settle(eventId, 2, answered(200))
      await nextSecond(mailbox)
    }
    expect(handed(mailbox)).toEqual([ids[0], later.id, ids[1]])
    expect(await mailbox.calls.showReplay(id)).toMatchObject({ state: 'done', matched: 2, sent: 2, delivered: 2 })
  })

  it('is not what was on its way when it began, though it ends meanwhile', async () => {
    const { mailbox, ids } = await stage('replays-open', 200)
    const busy = incoming('replays-open')
    await mailbox.calls.accept(busy, terms)
    const id = await start('replays-open', mailbox, order())
    await mailbox.settle(busy.id, 1, answered(200))
    await mailbox.settle(ids[0] ?? '', 2, answered(200))
    await nextSecond(mailbox)
    expect(await mailbox.calls.showReplay(id)).toMatchObject({ state: 'done', matched: 1, sent: 1, delivered: 1 })
    expect(handed(mailbox).filter(eventId => eventId === busy.id)).toHaveLength(1)
  })

  it('leaves out an event, if so asked, when a newer one of its key has been delivered, and counts it', async () => {
    const ends: [number, string][] = [
      [410, 'a'],
      [410, 'b'],
      [200, 'a'],
      [410, 'a'],
    ]
    const { mailbox, ids } = await stage('replays-skip', ...ends, 410)
    const id = await start('replays-skip', mailbox, order({ state: 'dead' }, { skipSuperseded: true }))
    expect(handed(mailbox).toSorted()).toEqual([ids[1], ids[3], ids[4]].toSorted())
    expect(await mailbox.calls.showReplay(id)).toMatchObject({ matched: 4, sent: 3, skipped: 1 })
  })

  it('sends also an outdated event when not asked otherwise', async () => {
    const { mailbox, ids } = await stage('replays-old', [410, 'a'], [200, 'a'])
    await start('replays-old', mailbox, order({ state: 'dead' }))
    expect(handed(mailbox)).toEqual([ids[0]])
  })

  it('keeps the order of a key among its events, and behind what is on its way', async () => {
    const { mailbox, ids } = await stage('replays-order', [200, 'a'], [200, 'a'])
    const live = incoming('replays-order', { orderKey: 'a' })
    await mailbox.calls.accept(live, terms)
    await start('replays-order', mailbox, order())
    expect(handed(mailbox)).toEqual([live.id])
    await mailbox.settle(live.id, 1, answered(200))
    await mailbox.settle(ids[0] ?? '', 2, answered(200))
    expect(handed(mailbox)).toEqual([live.id, ...ids])
  })
})

describe('how fast a replay goes', () => {
  it('is so many events a second, and no alarm but the next second’s is set for it', async () => {
    const { mailbox } = await stage('replays-rate', ...Array.from({ length: 5 }, () => 200))
    await start('replays-rate', mailbox, order({}, { perSecond: 2 }))
    for (const sent of [2, 4, 5]) {
      expect(handed(mailbox)).toHaveLength(sent)
      expect(await mailbox.alarm()).toBe(Date.now() + 1_000)
      for (const { eventId, attempt } of mailbox.batches.flat()) await mailbox.settle(eventId, attempt, answered(200))
      await nextSecond(mailbox)
    }
    expect(handed(mailbox)).toHaveLength(5)
  })

  it('does not pile up: what has not ended yet counts against the next second', async () => {
    const { mailbox } = await stage('replays-pile', ...Array.from({ length: 5 }, () => 200))
    await start('replays-pile', mailbox, order({}, { perSecond: 2 }))
    for (const _ of [1, 2, 3]) await nextSecond(mailbox)
    expect(handed(mailbox)).toHaveLength(2)
    expect(await mailbox.calls.list({ state: 'delivered' }, { limit: 10 })).toHaveLength(3)
  })

  it('is outranked by live traffic: with one slot free, a new event and a retry go first', async () => {
    const { mailbox, ids } = await stage('replays-rank', 200, 200)
    const one = { ...terms, concurrency: 1 }
    const [busy, failing, live] = [incoming('replays-rank'), incoming('replays-rank'), incoming('replays-rank')]
    await mailbox.calls.accept(failing, one)
    await mailbox.settle(failing.id, 1, answered(503, Date.now() + 100))
    await mailbox.calls.accept(busy, one)
    await start('replays-rank', mailbox, order())
    moveTimeBy(100)
    await mailbox.calls.accept(live, one)
    for (const [id, attempt] of [
      [busy.id, 1],
      [failing.id, 2],
      [live.id, 1],
      [ids[0] ?? '', 2],
    ] as const)
      await mailbox.settle(id, attempt, answered(200))
    expect(handed(mailbox)).toEqual([failing.id, busy.id, failing.id, live.id, ...ids])
  })

  it('waits with its source while that is paused', async () => {
    const { mailbox } = await stage('replays-paused', 200)
    await mailbox.calls.pause('shop')
    await start('replays-paused', mailbox, order())
    expect(handed(mailbox)).toEqual([])
    await mailbox.calls.resume('shop')
    expect(handed(mailbox)).toHaveLength(1)
  })
})

describe('how a replay ends', () => {
  it('shows its progress, and is done when everything it sent has ended', async () => {
    const { mailbox, ids } = await stage('replays-progress', 200, 200, 410)
    const id = await start('replays-progress', mailbox, order())
    const expected = { id, state: 'running', matched: 3, sent: 3, skipped: 0, delivered: 0, dead: 0 }
    expect(await mailbox.calls.showReplay(id)).toEqual(expected)
    await mailbox.settle(ids[0] ?? '', 2, answered(200))
    await mailbox.settle(ids[1] ?? '', 2, answered(410))
    await mailbox.settle(ids[2] ?? '', 2, answered(503, Date.now()))
    await nextSecond(mailbox)
    expect(await mailbox.calls.showReplay(id)).toEqual({ ...expected, delivered: 1, dead: 1 })
    await mailbox.settle(ids[2] ?? '', 3, answered(200))
    await nextSecond(mailbox)
    expect(await mailbox.calls.showReplay(id)).toEqual({ ...expected, state: 'done', delivered: 2, dead: 1 })
    expect(await mailbox.alarm()).toBeGreaterThan(Date.now() + 1_000)
  })

  it('counts an event as dead also when nobody reported on its last try', async () => {
    const { mailbox, ids } = await stage('replays-lost', 410)
    const once = { ...terms, retry: { ...terms.retry, attempts: 1 } }
    await mailbox.calls.accept(incoming('replays-lost', { isDropped: true }), once)
    const id = await start('replays-lost', mailbox, order({ state: 'dead' }))
    moveTimeBy(terms.timeoutMs + 30_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(await mailbox.calls.show(ids[0] ?? '')).toMatchObject({ state: 'dead' })
    expect(await mailbox.calls.showReplay(id)).toMatchObject({ sent: 1, delivered: 0, dead: 1 })
  })

  it('is done at once when nothing matches', async () => {
    const { mailbox } = await stage('replays-none', 200)
    const id = await start('replays-none', mailbox, order({ state: 'dead' }))
    expect(await mailbox.calls.showReplay(id)).toMatchObject({ state: 'done', matched: 0, sent: 0 })
  })

  it('sends nothing more once cancelled, while what it has sent goes on', async () => {
    const { mailbox, ids } = await stage('replays-cancel', 200, 200)
    const id = await start('replays-cancel', mailbox, order({}, { perSecond: 1 }))
    expect(await mailbox.calls.cancelReplay(id)).toMatchObject({ state: 'cancelled', sent: 1 })
    await mailbox.settle(ids[0] ?? '', 2, answered(200))
    for (const _ of [1, 2]) await nextSecond(mailbox)
    expect(handed(mailbox)).toEqual([ids[0]])
    expect(await mailbox.calls.cancelReplay(id)).toMatchObject({ state: 'cancelled', sent: 1, delivered: 1 })
  })

  it('is not cancelled any more when it is done, and nobody’s is nothing', async () => {
    const { mailbox } = await stage('replays-over', 200)
    const id = await start('replays-over', mailbox, order({ state: 'dead' }))
    expect(await mailbox.calls.cancelReplay(id)).toMatchObject({ state: 'done' })
    expect(await mailbox.calls.showReplay('nobody')).toBeUndefined()
    expect(await mailbox.calls.cancelReplay('nobody')).toBeUndefined()
  })

  it('goes on after a crash where it stood, and sends nothing twice', async () => {
    const { mailbox: before, ids } = await stage('replays-crash', 200, 200, 200)
    const id = await start('replays-crash', before, order({}, { perSecond: 1 }))
    expect(handed(before)).toEqual([ids[0]])
    await runInDurableObject(before.stub, (_, state) => state.abort('crash')).catch(() => undefined)
    const mailbox = await heldMailbox('replays-crash')
    for (const eventId of ids) {
      await mailbox.settle(eventId, 2, answered(200))
      await nextSecond(mailbox)
    }
    expect(handed(mailbox)).toEqual(ids.slice(1))
    expect(await mailbox.calls.showReplay(id)).toMatchObject({ state: 'done', sent: 3, delivered: 3 })
  })
})
