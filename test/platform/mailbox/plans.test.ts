import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import type { DeliveryTerms, EventFilter } from '#core/delivery/event.ts'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

const dayMs = 86_400_000

/** What may read the whole of `events`, and why. */
const exceptions: readonly RegExp[] = [
  /^SELECT seq, id, .* FROM events .*ORDER BY id DESC LIMIT \?$/, // listing by filter, a page at a time
  /^SELECT COUNT\(\*\) AS n FROM events WHERE state IN \('delivered', 'dead', 'dropped'\)/, // counting what a replay would send
  /^SELECT id FROM events ORDER BY seq LIMIT 1$/, // reads one row, the first
]

const guarded: DeliveryTerms = {
  ...terms,
  perSecond: 50,
  retry: { ...terms.retry, attempts: 2 },
  breaker: { failurePercent: 100, minRequests: 1000, windowSeconds: 1, openSeconds: 1 },
}

it('no call of the mailbox scans the events, their bytes or their attempts, but those that are named here', async () => {
  const app = 'plans'
  const mailbox = await heldMailbox(app)
  const texts = await recorded(mailbox)
  await everyCall(app, mailbox)
  expect(texts.size).toBeGreaterThan(45)

  const plans = await runInDurableObject(mailbox.stub, (_, { storage: { sql } }) =>
    [...texts].map(text => {
      const values = Array.from(text.matchAll(/\?/g), () => null)
      const steps = sql.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, ...values).toArray()
      return { text: text.replaceAll(/\s+/g, ' ').trim(), steps: steps.map(({ detail }) => detail) }
    }),
  )
  const scans = plans.filter(({ steps }) => steps.some(step => /^SCAN (events|other|contents|attempts)\b/.test(step)))
  expect(scans.filter(({ text }) => !exceptions.some(exception => exception.test(text)))).toEqual([])
  for (const exception of exceptions)
    expect(
      plans.some(({ text }) => exception.test(text)),
      String(exception),
    ).toBe(true)
})

it('a plan that scans is recognised as one', async () => {
  const { stub } = await heldMailbox('plans-scan')
  const steps = await runInDurableObject(stub, (_, { storage: { sql } }) =>
    sql.exec<{ detail: string }>('EXPLAIN QUERY PLAN SELECT 1 FROM events WHERE fault = ?', null).toArray(),
  )
  expect(steps.map(({ detail }) => detail)).toEqual(['SCAN events'])
})

/** Every text that the mailbox executes from now on. */
async function recorded({ stub }: HeldMailbox): Promise<Set<string>> {
  const texts = new Set<string>()
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    const exec = sql.exec.bind(sql)
    Object.defineProperty(sql, 'exec', {
      value: (text: string, ...values: unknown[]) => {
        texts.add(text)
        return exec(text, ...values)
      },
    })
  })
  return texts
}

async function everyCall(app: string, { stub, calls, settle }: HeldMailbox): Promise<void> {
  const claims = { vendorId: 'evt_1', signedDigest: 'digest' }
  const first = incoming(app, { claims, orderKey: 'a' })
  const [second, third, dead, lost] = ['a', 'a', 'b', 'c'].map(orderKey => incoming(app, { orderKey }))
  if (!second || !third || !dead || !lost) return
  for (const event of [first, second, third, dead, lost, first]) await calls.accept(event, guarded)
  await calls.accept(incoming(app, { claims }), guarded)
  const moved = { source: 'shop', receivedAtMs: Date.now(), dedupeMs: 3_600_000 }
  await calls.glance({ ...moved, claims, orderKey: 'a', shards: 2 })
  await calls.claim({ ...moved, vendorId: 'evt_2', eventId: 'any~plans~1~x' })
  await calls.unclaim('any~plans~1~x')
  await calls.accept(incoming(app, { claims: { signedDigest: 'digest' } }), guarded)
  await calls.accept(incoming(app, { isDropped: true }), guarded)
  await settle(first.id, 1, { kind: 'held', fault: 'app-expired' })
  await calls.replay(first.id)
  await settle(first.id, 1, answered(500, Date.now()))
  await settle(first.id, 2, answered(200))
  await settle(dead.id, 1, answered(410))
  await calls.settle({
    eventId: second.id,
    attempt: 1,
    outcome: answered(200),
    terms: { ...guarded, timeoutMs: 9_000 },
  })
  moveTimeBy(60_000)
  await runDurableObjectAlarm(stub)
  await settle(lost.id, 1, answered(200))
  await calls.buried(dead.id)
  await settle(third.id, 1, answered(410))

  const one = { source: 'shop', state: 'dead', fault: 'upstream-failed', fromMs: 0, toMs: Date.now() } as const
  const filters: EventFilter[] = [
    {},
    one,
    { source: 'shop' },
    { state: 'dead' },
    { fault: 'x' },
    { fromMs: 0 },
    { toMs: 1 },
  ]
  for (const filter of filters) {
    await calls.list(filter, { limit: 10 })
    await calls.list(filter, { limit: 10, before: third.id })
    for (const skipSuperseded of [false, true]) {
      const order = { filter, perSecond: 100, skipSuperseded }
      await calls.countReplay(order)
      const { id } = await calls.startReplay(mintEventId(homeMailbox(app), new Date()), order)
      await runDurableObjectAlarm(stub)
      await calls.showReplay(id)
      for (const { id, attempts } of await calls.list({ state: 'delivering' }, { limit: 10 }))
        await settle(id, attempts.length, answered(410))
      moveTimeBy(1_000)
      await runDurableObjectAlarm(stub)
      await calls.cancelReplay(id)
    }
  }
  await calls.show(first.id)
  await calls.open(first.id)
  await calls.pause(undefined)
  await calls.pause('shop')
  await calls.paused(['shop'])
  await calls.resume(undefined)
  const open = { ...guarded.breaker, minRequests: 1, failurePercent: 1, windowSeconds: 1, openSeconds: 1 }
  for (const source of [undefined, 'shop'])
    for (const bodyBytes of [0, 1_000])
      await calls.contents({ limit: 10, after: '0', bodyBytes, ...(source && { source }) })
  expect(await calls.known([first.id, second.id])).toEqual([first.id, second.id])
  await calls.forget([second.id], [second.id])
  const last = incoming(app)
  await calls.accept(last, { ...guarded, breaker: open })
  await settle(last.id, 1, answered(500))
  moveTimeBy(200 * dayMs)
  for (let n = 0; n < 5; n++) await runDurableObjectAlarm(stub)
}
