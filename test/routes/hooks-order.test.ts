import { runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { accepted, eventIn, gatedApp, mailboxes, mailboxStub, type Push, source } from '../support/gated-app.ts'
import { operatorToken } from '../support/operator.ts'
import { eventually } from '../support/time.ts'
import type { Seen } from '../support/upstream.ts'

const secretKey = 'customer-4711'

/** What each way of naming the key makes of a key. */
const ways: [string, unknown, (key: string | undefined) => Push][] = [
  ['a JSON pointer', '/data/id', key => ({ body: JSON.stringify({ data: key === undefined ? {} : { id: key } }) })],
  ['a header', { header: 'X-Customer' }, key => ({ headers: key === undefined ? {} : { 'x-customer': key } })],
]

/** An app that answers only when it is told to, attempt by attempt. */
async function slowApp(app: string, orderBy: unknown) {
  const statuses: number[] = []
  const told = () => {
    const status = statuses.shift()
    if (status === undefined) throw new Error('the app was told no answer')
    return new Response(null, { status })
  }
  const seen = await gatedApp(app, {
    source: { orderBy, retry: { attempts: 2, baseSeconds: 1, maxSeconds: 1 } },
    answer: () => eventually(told),
  })
  return { seen, answer: (status: number) => void statuses.push(status) }
}

const idsOf = (seen: readonly Seen[]) => seen.map(({ headers }) => headers.get('webhook-id'))

describe.each(ways)('with %s for its key', (way, orderBy, withKey) => {
  const name = way.endsWith('header') ? 'header' : 'pointer'

  it('an event waits for the one before it of its key, and for no other', async () => {
    const app = `hook-order-${name}`
    const { seen, answer } = await slowApp(app, orderBy)
    const first = await accepted(app, withKey('a'))
    const second = await accepted(app, withKey('a'))
    const other = await accepted(app, withKey('b'))
    const none = await accepted(app, withKey(undefined))
    await eventually(() => expect(idsOf(seen)).toEqual([first, other, none]))
    expect(await mailboxes.show(second)).toMatchObject({ state: 'waiting', attempts: [] })
    for (const _ of [first, other, none]) answer(200)
    await eventually(() => expect(idsOf(seen)).toEqual([first, other, none, second]))
    answer(200)
    await eventIn('delivered', second)
  })

  it('a dead letter is named by the next delivery of its key in gatehouse-gap', async () => {
    const app = `hook-gap-${name}`
    const { seen, answer } = await slowApp(app, orderBy)
    const dead = await accepted(app, withKey('a'))
    const next = await accepted(app, withKey('a'))
    const last = await accepted(app, withKey('a'))
    answer(410)
    await eventIn('dead', dead)
    answer(200)
    await eventIn('delivered', next)
    answer(200)
    await eventIn('delivered', last)
    expect(seen.map(({ headers }) => headers.get('gatehouse-gap'))).toEqual([null, dead, null])
  })

  it('the key is sealed: its value stands neither in the event as it is shown nor beside its content in the mailbox', async () => {
    const app = `hook-sealed-${name}`
    await gatedApp(app, { source: { orderBy }, moreSources: { till: source({ orderBy }) } })
    const [one, same, other] = [
      await accepted(app, withKey(secretKey)),
      await accepted(app, withKey(secretKey)),
      await accepted(app, withKey('customer-4712')),
    ]
    const elsewhere = await accepted(app, { source: 'till', ...withKey(secretKey) })
    const keys: (string | undefined)[] = []
    for (const id of [one, same, other, elsewhere]) keys.push((await eventIn('delivered', id)).orderKey)
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/)
    expect(keys[1]).toBe(keys[0])
    expect(new Set(keys).size).toBe(3)

    const headers = { authorization: `Bearer ${await operatorToken({ roles: ['viewer'] })}` }
    const shown = await exports.default.fetch(`http://gate.example/admin/v1/events/${one}`, { headers })
    const text = await shown.text()
    expect(text).toContain(keys[0])
    expect(text).not.toContain(secretKey)
    const rows = await rowsBesideContents(app)
    expect(rows).toContain(keys[0])
    expect(rows).not.toContain(secretKey)
    expect(rows).not.toContain(btoa(secretKey))
  })
})

describe('an event', () => {
  it.each([
    ['no JSON', 'plain text'],
    ['no value there', '{"other":1}'],
    ['an object there', '{"key":{"id":1}}'],
    ['null there', '{"key":null}'],
  ])('that has %s keeps no order, and is accepted and delivered all the same', async (_, body) => {
    const app = 'hook-order-none'
    await gatedApp(app, { source: { orderBy: '/key' } })
    expect(await eventIn('delivered', await accepted(app, { body }))).not.toHaveProperty('orderKey')
  })

  it('of another app under the same key has another seal', async () => {
    const seals: (string | undefined)[] = []
    for (const app of ['hook-seal-one', 'hook-seal-two']) {
      await gatedApp(app, { source: { orderBy: '/key' } })
      seals.push((await eventIn('delivered', await accepted(app, { body: '{"key":"a"}' }))).orderKey)
    }
    expect(seals[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(seals[1]).not.toBe(seals[0])
  })
})

/** Everything the mailbox holds but what it was given to deliver: bytes and headers are kept exactly. */
async function rowsBesideContents(app: string): Promise<string> {
  return runInDurableObject(mailboxStub(app), (_, { storage: { sql } }) => {
    const tables = sql
      .exec<{ name: string }>(
        `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`,
      )
      .toArray()
      .map(({ name }) => name)
      .filter(name => name !== 'contents')
    expect(tables.length).toBeGreaterThan(6)
    return JSON.stringify(tables.map(table => sql.exec(`SELECT * FROM ${table}`).toArray()))
  })
}
