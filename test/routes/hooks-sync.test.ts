import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Ports } from '#core/ports.ts'
import { schemes } from '#core/webhook/schemes.ts'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { answerOfApp } from '#routes/answers.ts'
import { comeToNextAttempt, eventIn, gatedApp, mailboxes, mailboxStub, push } from '../support/gated-app.ts'
import { moveTimeBy } from '../support/time.ts'
import type { Seen } from '../support/upstream.ts'

const sync = { mode: 'sync' }
const cannedReply = { status: 200, contentType: 'text/xml', body: '<Response/>' }
const soon = { retry: { baseSeconds: 1, maxSeconds: 1 } }

const idOf = ({ headers }: Response) => headers.get('gatehouse-event-id') ?? ''
const idsSeen = (seen: readonly Seen[]) => seen.map(({ headers }) => headers.get('webhook-id'))

describe('a vendor that waits', () => {
  it('gets the status, type and body of the app and nothing else of it, and the event is delivered', async () => {
    const headers = { 'content-type': 'application/vnd.app+json', 'set-cookie': 'a=b', 'x-powered-by': 'php' }
    const answer = () => new Response('{"text":"done"}', { status: 201, headers })
    const seen = await gatedApp('sync-answer', { source: sync, answer })
    const response = await push('sync-answer')
    expect(response.status).toBe(201)
    expect(await response.text()).toBe('{"text":"done"}')
    const id = idOf(response)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/vnd.app+json',
      'x-content-type-options': 'nosniff',
      'gatehouse-event-id': id,
    })
    for (const name of ['set-cookie', 'x-powered-by']) expect(response.headers.has(name)).toBe(false)
    expect(await mailboxes.show(id)).toMatchObject({ state: 'delivered', attempts: [{ n: 1, status: 201 }] })
    moveTimeBy(3_600_000)
    await runDurableObjectAlarm(mailboxStub('sync-answer'))
    expect(idsSeen(seen)).toEqual([id])
    expect(seen[0]?.headers.get('gatehouse-attempt')).toBe('1')
  })

  it.each([204, 200])('gets an empty %i', async status => {
    await gatedApp(`sync-empty-${status}`, { source: sync, answer: () => new Response(null, { status }) })
    const response = await push(`sync-empty-${status}`)
    expect([response.status, await response.text()]).toEqual([status, ''])
  })

  it.each([400, 404, 410, 422])(
    'gets a %i as well: the app has refused, so the event is dead after one try',
    async status => {
      const app = `sync-refused-${status}`
      const seen = await gatedApp(app, {
        source: { ...sync, cannedReply },
        answer: () => new Response('no', { status }),
      })
      const response = await push(app)
      expect([response.status, await response.text()]).toEqual([status, 'no'])
      expect(await mailboxes.show(idOf(response))).toMatchObject({ state: 'dead', attempts: [{ n: 1, status }] })
      expect(seen).toHaveLength(1)
    },
  )
})

describe('an app that does not answer', () => {
  it.each<[string, () => Response | Promise<Response>]>([
    ['late', () => new Promise(() => {})],
    ['failed', () => new Response('trace', { status: 500 })],
    ['moved', () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example.com' } })],
    ['busy', () => new Response(null, { status: 429 })],
    ['reset', () => Promise.reject(new TypeError('reset'))],
    ['broken', () => new Response(new ReadableStream({ pull: control => control.error(new Error('cut off')) }))],
  ])('(%s) has its event queued, and the vendor gets the canned reply', async (how, fail) => {
    const app = `sync-${how}`
    let isDown = true
    const answer = () => (isDown ? fail() : new Response('ok'))
    const delivery = { timeoutMs: how === 'late' ? 100 : 15_000 }
    const seen = await gatedApp(app, { source: { ...sync, ...soon, cannedReply, delivery }, answer })
    const response = await push(app)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/xml',
      '<Response/>',
    ])
    isDown = false
    const waiting = await mailboxes.show(idOf(response))
    if (waiting?.state === 'waiting') await comeToNextAttempt(waiting)
    const event = await eventIn('delivered', idOf(response))
    expect(event.attempts).toHaveLength(2)
    expect(idsSeen(seen)).toEqual([event.id, event.id])
  })

  it('leaves the vendor with 202 and the event id where nothing is canned', async () => {
    await gatedApp('sync-plain', { source: sync, answer: () => new Response(null, { status: 503 }) })
    const response = await push('sync-plain')
    expect(response.status).toBe(202)
    const { eventId } = await response.json<{ eventId: string }>()
    expect(await mailboxes.show(eventId)).toMatchObject({ state: 'waiting', attempts: [{ n: 1, status: 503 }] })
  })

  it('is waited for until four fifths of the vendor’s deadline at most', async () => {
    const waited = vi.spyOn(AbortSignal, 'timeout')
    await gatedApp('sync-slack', { source: { ...sync, scheme: 'slack' } })
    expect((await push('sync-slack', { scheme: schemes.slack })).status).toBe(200)
    await gatedApp('sync-default', { source: sync })
    expect((await push('sync-default')).status).toBe(200)
    // deliveries of other tests may go on meanwhile, with the time-out that every source has
    const [slack = 0, other = 0] = waited.mock.calls.map(([ms]) => ms).filter(ms => ms !== 15_000)
    waited.mockRestore()
    expect(slack).toBeLessThanOrEqual(2_400)
    expect(slack).toBeGreaterThan(1_000)
    expect(other).toBeLessThanOrEqual(4_000)
    expect(other).toBeGreaterThan(2_400)
  })

  it('whose answer is over 256 KiB has its event delivered, and the vendor gets the canned reply', async () => {
    const answer = () => new Response('x'.repeat(262_145))
    await gatedApp('sync-large', { source: { ...sync, cannedReply }, answer })
    const response = await push('sync-large')
    expect(await response.text()).toBe('<Response/>')
    expect(await mailboxes.show(idOf(response))).toMatchObject({ state: 'delivered' })
  })
})

describe('the canned reply', () => {
  it('is what the vendor gets for a duplicate, which the app does not see', async () => {
    const seen = await gatedApp('sync-duplicate', {
      source: { ...sync, cannedReply },
      answer: () => new Response('fresh'),
    })
    const first = await push('sync-duplicate', { id: 'evt_1' })
    const second = await push('sync-duplicate', { id: 'evt_1' })
    expect(await first.text()).toBe('fresh')
    expect([second.status, await second.text(), idOf(second)]).toEqual([200, '<Response/>', idOf(first)])
    expect(seen).toHaveLength(1)
  })

  it('is what the vendor gets for what a filter drops, and in queue mode for everything', async () => {
    await gatedApp('sync-dropped', { source: { ...sync, cannedReply, when: 'false' } })
    const dropped = await push('sync-dropped')
    expect(await dropped.text()).toBe('<Response/>')
    expect(await mailboxes.show(idOf(dropped))).toMatchObject({ state: 'dropped', attempts: [] })

    await gatedApp('canned-queue', { source: { cannedReply: { status: 204 } } })
    const queued = await push('canned-queue')
    expect([queued.status, await queued.text()]).toEqual([204, ''])
    await eventIn('delivered', idOf(queued))
  })
})

it('a vendor gets the app’s answer though the mailbox does not record it in time', async () => {
  await gatedApp('sync-unrecorded', { source: sync, answer: () => new Response('done') })
  const ports = portsFrom(env as unknown as Env & Record<string, unknown>)
  const settled: unknown[] = []
  const stuck = {
    ...ports,
    mailboxes: {
      ...ports.mailboxes,
      settle: (settlement: unknown) => {
        settled.push(settlement)
        return new Promise<void>(() => {})
      },
    } as Ports['mailboxes'],
  }
  const eventId = 'any~sync-unrecorded~0~01KAJ6Q4ZK0000000000000000'
  const consignment = {
    eventId,
    source: 'shop',
    attempt: 1,
    receivedAtMs: Date.now(),
    headers: [],
    body: new Uint8Array(1),
    hops: 0,
  }
  const scheme = schemes['standard-webhooks']
  const answer = await answerOfApp(consignment, { receivedAt: new Date(), scheme }, stuck)
  expect(await answer?.text()).toBe('done')
  expect(settled).toMatchObject([{ eventId, attempt: 1, outcome: { status: 200 } }])
})
