import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { EventView } from '#core/delivery/event.ts'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import { utf8Bytes } from '#core/encoding.ts'
import { keys } from '#core/keys.ts'
import { admin } from '../../support/admin.ts'
import { broken, siblingStub, unreachable } from '../../support/away.ts'
import { expectFault } from '../../support/faults.ts'
import {
  accepted,
  eventIn,
  gatedApp,
  mailboxes,
  mailboxStub,
  type Push,
  push,
  source,
} from '../../support/gated-app.ts'
import { consumed, kept } from '../../support/spilled.ts'
import { eventually, moveTimeBy } from '../../support/time.ts'

const about = (email: string, filler = '') => JSON.stringify({ customer: { email }, filler, n: crypto.randomUUID() })
const large = 'x'.repeat(1_048_577)
const ann = { pointer: '/customer/email', value: 'ann@example.com' }
const purged = async (app: string, order: object = {}) =>
  (await admin(`apps/${app}/purge`, { body: { reason: 'asked for', ...order } })).json()

/** An event that neither mailbox nor sibling took. */
async function inBucket(app: string, text: string): Promise<string> {
  const mend = [await broken(mailboxStub(app)), await broken(siblingStub(app))]
  const body = utf8Bytes(text)
  const { eventId } = await kept(app, {}, { body, size: body.length, claims: {} })
  for (const mended of mend) await mended()
  return eventId
}

/** An event that the sibling has taken. It may hand it over at any time, so whoever counts deliveries pauses them. */
async function withSibling(app: string, given: Push = {}): Promise<string> {
  const mend = await broken(mailboxStub(app))
  const id = await accepted(app, { body: about('x'), ...given })
  await mend()
  return id
}

async function listed(app: string, query = ''): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next: string = cursor && `&cursor=${cursor}`
    const page = await admin(`events?app=${app}&limit=2${query}${next}`)
    const answer = await page.json<{ items: EventView[]; next: string | null }>()
    ids.push(...answer.items.map(({ id }) => id))
    cursor = answer.next
  }
  return ids
}

describe('what others hold for a mailbox', () => {
  it('is listed among its events, newest first, by every filter, and shown with its bytes', async () => {
    const app = 'held-list'
    await gatedApp(app, { moreSources: { other: source() } })
    moveTimeBy(3_600_000)
    const step = <Result>(made: Promise<Result>) => made.finally(() => moveTimeBy(1_000))
    const first = await step(accepted(app))
    await eventIn('delivered', first)
    await mailboxes.pause(app, undefined)
    const sheltered = await step(withSibling(app))
    const other = await step(withSibling(app, { source: 'other' }))
    const spilled = await step(inBucket(app, about('y')))
    const last = await step(accepted(app))
    expect(await listed(app)).toEqual([last, spilled, other, sheltered, first])
    expect(await listed(app, '&state=waiting')).toEqual([last, spilled, other, sheltered])
    expect(await listed(app, '&source=other')).toEqual([other])
    expect(await listed(app, '&fault=upstream-timeout')).toEqual([])
    for (const id of [sheltered, spilled]) {
      expect(await (await admin(`events/${id}`)).json()).toMatchObject({ id, state: 'waiting', app, attempts: [] })
      expect(await (await admin(`events/${id}/payload`)).json()).toMatchObject({ customer: {} })
      expect((await admin(`events/${id}/replay`, { body: { reason: 'why' } })).status).toBe(202)
    }
    await runDurableObjectAlarm(siblingStub(app))
    expect(await consumed(spilled)).toBe('acked')
    expect(await listed(app)).toEqual([last, spilled, other, sheltered, first])
  })

  it('is shown while the mailbox does not answer; lists and purges then say so instead of leaving something out', async () => {
    const app = 'held-away'
    await gatedApp(app)
    const mend = await unreachable(mailboxStub(app))
    const id = await accepted(app, { body: about('ann@example.com') })
    expect(await (await admin(`events/${id}`)).json()).toMatchObject({ id, state: 'waiting' })
    await expectFault(await admin(`events?app=${app}`), 'overloaded', 503)
    await expectFault(await admin(`apps/${app}/purge`, { body: { subject: ann, reason: 'why' } }), 'overloaded', 503)
    await expectFault(await admin(`events/${id}?reason=why`, { method: 'DELETE' }), 'overloaded', 503)
    await mend()
    expect(await listed(app)).toEqual([id])
    expect(await purged(app, { subject: ann })).toEqual({ purged: 1, next: null })
    expect(await listed(app)).toEqual([])
  })
})

describe('a purge reaches what others hold for a mailbox', () => {
  it.each([
    ['all', {}],
    ['those of a source', { source: 'shop' }],
    ['those about one person', { subject: ann }],
  ])('%s: with the sibling and in the bucket, small and large, and nothing of it is handed over', async (_, order) => {
    const app = `held-purge-${Object.keys(order)[0] ?? 'all'}`
    const seen = await gatedApp(app, { moreSources: { other: source() } })
    await mailboxes.pause(app, undefined)
    const texts = [about(ann.value), about(ann.value, large)]
    const hers: string[] = []
    for (const text of texts) hers.push(await withSibling(app, { body: text }), await inBucket(app, text))
    const other =
      Object.keys(order).length > 0 ? [await withSibling(app, { body: about('ben@example.com'), source: 'other' })] : []
    expect(await purged(app, order)).toEqual({ purged: 4, next: null })
    expect(await listed(app)).toEqual(other)
    for (const id of hers) {
      expect(await env.PAYLOADS.head(keys.spill(id))).toBeNull()
      expect(await env.PAYLOADS.head(keys.payload(id))).toBeNull()
      expect(await consumed(id)).toBe('acked')
    }
    await runDurableObjectAlarm(siblingStub(app))
    await mailboxes.resume(app, undefined)
    for (const id of other) await eventIn('delivered', id)
    expect(await listed(app)).toEqual(other)
    expect(seen).toHaveLength(other.length)
  })

  it('also what is just being handed over', async () => {
    const app = 'held-race'
    const seen = await gatedApp(app)
    const id = await inBucket(app, about('x'))
    const accept: typeof mailboxes.accept = async (...all) => {
      expect(await purged(app)).toEqual({ purged: 1, next: null })
      return mailboxes.accept(...all)
    }
    expect(await consumed(id, { mailboxes: { ...mailboxes, accept } })).toBe('acked')
    expect(await listed(app)).toEqual([])
    await expectFault(await admin(`events/${id}`), 'not-found', 404)
    expect(seen).toEqual([])
  })

  it('and one event by every name of it', async () => {
    const app = 'held-alias'
    await gatedApp(app)
    const kept = await accepted(app, { id: 'evt_1' })
    const told = mintEventId(homeMailbox(app), new Date())
    await mailboxes.alias(told, kept)
    expect(await (await admin(`events/${told}`)).json()).toMatchObject({ id: kept })
    expect((await admin(`events/${told}?reason=why`, { method: 'DELETE' })).status).toBe(204)
    for (const id of [told, kept]) await expectFault(await admin(`events/${id}`), 'not-found', 404)
    expect((await push(app, { id: 'evt_1' })).status).toBe(202)
  })
})

it('a purge reaches dead letters whose event the mailbox has forgotten', async () => {
  const app = 'held-letters'
  await gatedApp(app, { answer: () => new Response('gone', { status: 410 }), source: { retentionDays: 3 } })
  const ids = [about(ann.value), about(ann.value, large), about('ben@example.com'), about('eve@example.com')]
  const dead: string[] = []
  for (const body of ids) dead.push((await eventIn('dead', await accepted(app, { body }))).id)
  const there = (id: string) => env.PAYLOADS.head(keys.deadLetter(id)).then(Boolean)
  await eventually(async () => expect(await Promise.all(dead.map(there))).toEqual([true, true, true, true]))
  moveTimeBy(4 * 86_400_000)
  await eventually(async () => {
    await runDurableObjectAlarm(mailboxStub(app))
    expect(await listed(app)).toEqual([])
  })
  expect(await purged(app, { subject: ann })).toEqual({ purged: 2, next: null })
  expect(await Promise.all(dead.map(there))).toEqual([false, false, true, true])
  expect((await admin(`events/${dead[2]}?reason=why`, { method: 'DELETE' })).status).toBe(204)
  expect(await purged(app, { source: 'other' })).toEqual({ purged: 0, next: null })
  expect(await purged(app)).toEqual({ purged: 1, next: null })
  expect(await Promise.all(dead.map(there))).toEqual([false, false, false, false])
})
