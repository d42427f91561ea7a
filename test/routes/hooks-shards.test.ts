import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { EventView } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { accepted, eventIn, gatedApp, mailboxes, type Push, push } from '../support/gated-app.ts'
import { operatorToken } from '../support/operator.ts'

const shards = 4
const delivery = { shards, concurrency: 8 }
const shardsOf = (ids: readonly string[]) => new Set(ids.map(id => mailboxOf(id)?.shard))
const github = { scheme: 'github' as const, secrets: ['vendor'], path: '/in', delivery }

/** What the vendor is told: `accepted` or `duplicate`, and of which event. */
async function told(app: string, request: Push) {
  const response = await push(app, request)
  const { eventId, duplicate } = await response.json<{ eventId: string; duplicate?: true }>()
  return { id: eventId, isDuplicate: duplicate === true }
}

const fromGithub = (id: string, body: string): Push => ({
  scheme: schemes.github,
  id,
  body,
  headers: { 'x-github-delivery': id },
})

describe('a source with several shards', () => {
  it('spreads its events, delivers each once, and shows them all in one list with a cursor across', async () => {
    const app = 'shards-spread'
    const seen = await gatedApp(app, { source: { delivery } })
    const ids: string[] = []
    for (let n = 0; n < 12; n++) ids.push(await accepted(app, { body: `{"n":${n}}` }))
    for (const id of ids) await eventIn('delivered', id)
    expect(shardsOf(ids).size).toBeGreaterThan(1)
    expect(seen.map(({ headers }) => headers.get('webhook-id')).sort()).toEqual([...ids].sort())

    const listed: EventView[] = []
    for (let next: string | null = ''; next !== null; ) {
      const query = `app=${app}&limit=5${next && `&cursor=${next}`}`
      const headers = { authorization: `Bearer ${await operatorToken()}` }
      const page = await exports.default.fetch(`http://gate.example/admin/v1/events?${query}`, { headers })
      const answer = await page.json<{ items: EventView[]; next: string | null }>()
      listed.push(...answer.items)
      next = answer.next
    }
    expect(listed.map(({ id }) => id).sort()).toEqual([...ids].sort())
    const times = listed.map(({ id }) => id.slice(-26))
    expect(times).toEqual([...times].sort().reverse())
  })

  it('knows a duplicate by its id', async () => {
    const app = 'shards-id'
    await gatedApp(app, { source: { delivery } })
    for (const id of ['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_5']) {
      const first = await told(app, { id })
      expect(await told(app, { id, body: '{"n":2}' })).toEqual({ id: first.id, isDuplicate: true })
    }
  })

  it('knows the same bytes under a new id that nobody signed, and the same id with other bytes', async () => {
    const app = 'shards-bytes'
    await gatedApp(app, { source: github })
    for (let n = 0; n < 6; n++) {
      const first = await told(app, fromGithub(`id-${n}`, `{"first":${n}}`))
      expect(first.isDuplicate).toBe(false)
      const duplicate = { id: first.id, isDuplicate: true }
      expect(await told(app, fromGithub(`id-${n}`, `{"first":${n}}`))).toEqual(duplicate)
      expect(await told(app, fromGithub(`other-${n}`, `{"first":${n}}`))).toEqual(duplicate)
      expect(await told(app, fromGithub(`id-${n}`, `{"other":${n}}`))).toEqual(duplicate)
    }
    expect((await mailboxes.list(app, {}, { limit: 100 })).length).toBe(6)
  })

  it('an id whose event was never kept is free again', async () => {
    const app = 'shards-dangling'
    await gatedApp(app, { source: github })
    const first = await told(app, fromGithub('id-0', '{"a":1}'))
    await mailboxes.forget([first.id])
    for (let n = 0; n < 6; n++) {
      const again = await told(app, fromGithub('id-0', `{"a":${n + 2}}`))
      expect(again.isDuplicate).toBe(false)
      await mailboxes.forget([again.id])
    }
  })

  it('keeps each order key on one shard', async () => {
    const app = 'shards-order'
    const seen = await gatedApp(app, { source: { delivery, orderBy: '/key' } })
    const ids: string[] = []
    for (let n = 0; n < 12; n++) ids.push(await accepted(app, { body: `{"key":"k${n % 4}","n":${n}}` }))
    for (const id of ids) await eventIn('delivered', id)
    for (let key = 0; key < 4; key++) expect(shardsOf(ids.filter((_, n) => n % 4 === key)).size).toBe(1)
    const byKey = Map.groupBy(
      seen.map(({ body }) => JSON.parse(new TextDecoder().decode(body)) as { key: string; n: number }),
      ({ key }) => key,
    )
    for (const events of byKey.values()) {
      const order = events.map(({ n }) => n)
      expect(order).toEqual([...order].sort((one, other) => one - other))
    }
  })
})

it('a replay goes over all shards at one rate, and is one', async () => {
  const app = 'shards-replay'
  await gatedApp(app, { source: { delivery } })
  const ids = await Promise.all(Array.from({ length: 10 }, () => accepted(app)))
  for (const id of ids) await eventIn('delivered', id)
  const order = { filter: {}, perSecond: 5, skipSuperseded: false }
  expect(await mailboxes.countReplay(app, order)).toBe(10)
  const { id, matched } = await mailboxes.startReplay(app, order)
  expect(matched).toBe(10)
  expect(await mailboxes.cancelReplay(id)).toMatchObject({ id, state: 'cancelled', matched: 10 })
  expect(await mailboxes.showReplay(id)).toMatchObject({ id, state: 'cancelled' })
})
