import { runDurableObjectAlarm } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import { noticeOf } from '#core/owner/notice.ts'
import type { Ports } from '#core/ports.ts'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { notices } from '#routes/notices.ts'
import { accepted, eventIn, gatedApp, mailboxStub } from '../support/gated-app.ts'
import { operatorToken } from '../support/operator.ts'
import { answering, entryOf, recordingPorts, secretsOf } from '../support/ports.ts'
import { eventually, moveTimeBy } from '../support/time.ts'
import { appAt, type Seen } from '../support/upstream.ts'

const key = `whsec_${btoa('the owner, who wants to be told.')}`
const notify = (host: string) => ({
  spec: {
    owner: {
      user: 'tess',
      team: 'tests',
      contact: '#tests',
      notify: { url: `https://${host}/in?a=1`, secret: 'owner' },
    },
  },
  secrets: { owner: key },
})

/** The messages that have come to an owner, each as the unmodified `standardwebhooks` package reads it. */
const verified = (seen: readonly Seen[]) =>
  seen.map(({ body, headers }) => new Webhook(key).verify(new TextDecoder().decode(body), Object.fromEntries(headers)))

/** Lets the gathering time pass. */
async function soon(app: string): Promise<void> {
  moveTimeBy(1_000)
  await runDurableObjectAlarm(mailboxStub(app))
}

it('a dead letter reaches the owner, signed, without its payload', async () => {
  const owner = appAt('owner-dead.example.com')
  await gatedApp('told-dead', {
    ...notify('owner-dead.example.com'),
    answer: () => new Response(null, { status: 410 }),
  })
  const eventId = await accepted('told-dead', { body: '{"iban":"DE02120300000000202051"}' })
  await eventIn('dead', eventId)
  await eventually(async () => {
    await soon('told-dead')
    expect(owner).toHaveLength(1)
  })
  expect(verified(owner)).toMatchObject([
    { type: 'dead-letters', app: 'told-dead', mailbox: 'any~told-dead~0', source: 'shop', count: 1 },
  ])
  expect(verified(owner)).toMatchObject([{ events: [{ eventId, reason: 'upstream-failed', attempts: 1 }] }])
  expect(new TextDecoder().decode(owner[0]?.body)).not.toContain('DE02')
  const [request] = owner
  expect(request?.url).toBe('https://owner-dead.example.com/in?a=1')
  expect(request?.redirect).toBe('manual')
  expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
    'content-type': 'application/json',
    'gatehouse-hops': '1',
  })
  await soon('told-dead')
  expect(owner).toHaveLength(1)
})

it('an operator’s pause and resumption reach the owner, with the reason', async () => {
  const owner = appAt('owner-pause.example.com')
  await gatedApp('told-pause', notify('owner-pause.example.com'))
  const authorization = `Bearer ${await operatorToken({ roles: ['operator'] })}`
  for (const action of ['pause', 'resume']) {
    const url = `http://gate.example/admin/v1/apps/told-pause/sources/shop/${action}`
    const body = JSON.stringify({ reason: `to ${action}` })
    expect((await exports.default.fetch(url, { method: 'POST', headers: { authorization }, body })).status).toBe(200)
  }
  await soon('told-pause')
  await eventually(() => expect(owner).toHaveLength(2))
  expect(verified(owner)).toMatchObject([
    { type: 'paused', source: 'shop', events: [{ source: 'shop', reason: 'to pause' }] },
    { type: 'resumed', source: 'shop', events: [{ source: 'shop', reason: 'to resume' }] },
  ])
})

const id = mintEventId(homeMailbox('shop'), new Date())
const notice = noticeOf(id, 'dead-letters', { at: '2026-01-01T00:00:00.000Z', source: 'shop' })
const wanted = { user: 'a', team: 'b', contact: 'c', notify: { url: 'https://owner.example.com/', secret: 'owner' } }

/** What the mailbox hears of one try, what is counted and what is logged. */
async function tried(over: Partial<Ports>, owner: object = wanted) {
  const heard: string[] = []
  const mailboxes = { notified: async (_: string, telling: string) => void heard.push(telling) } as Ports['mailboxes']
  const { settings } = portsFrom(env as unknown as Env & Record<string, unknown>)
  const { ports, counted, logged } = recordingPorts({
    mailboxes,
    settings,
    registry: answering({ kind: 'found', entry: entryOf({ owner }) }),
    secrets: secretsOf({ owner: key }),
    ...over,
    upstreams: {
      fetch: (url, request) => {
        heard.push('sent')
        return (over.upstreams ?? answer(204).upstreams).fetch(url, request)
      },
    },
  })
  await notices([notice], ports)
  expect(counted).toEqual([`shop owner_notices_total {"type":"dead-letters","result":"${heard.at(-1)}"} 1`])
  return [...heard, ...logged]
}

const answer = (status: number) => ({ upstreams: { fetch: async () => new Response(null, { status }) } })

it.each<[string, string[], Partial<Ports>]>([
  ['204', ['sent', 'told'], answer(204)],
  ['404', ['sent', 'failed', 'warn owner-untold'], answer(404)],
  ['a redirect', ['sent', 'failed', 'warn owner-untold'], answer(302)],
  ['500', ['sent', 'failed', 'warn owner-untold'], answer(500)],
  ['410', ['sent', 'refused', 'warn owner-untold'], answer(410)],
  [
    'nothing',
    ['sent', 'failed', 'warn owner-untold'],
    { upstreams: { fetch: () => Promise.reject(new TypeError('reset')) } },
  ],
])('an owner who answers %s makes the message %j', async (_, expected, over) => {
  expect(await tried(over)).toEqual(expected)
})

it.each<[string, string[], Partial<Ports>, object?]>([
  ['without `notify` nobody is told', ['unwanted'], {}, { ...wanted, notify: undefined }],
  ['an app that has left the registry has nobody to tell', ['unwanted'], { registry: answering({ kind: 'unknown' }) }],
  [
    'an entry that cannot be read is waited for',
    ['failed', 'warn owner-untold'],
    { registry: answering({ kind: 'invalid', detail: 'x' }) },
  ],
  ['a secret that is missing is waited for', ['failed', 'warn owner-untold'], { secrets: secretsOf({}) }],
  [
    'a secret of another form is waited for',
    ['failed', 'warn owner-untold'],
    { secrets: secretsOf({ owner: 'whsec_%' }) },
  ],
  [
    'an address that must not be fetched is not',
    ['failed', 'warn owner-untold'],
    {},
    { ...wanted, notify: { url: 'http://10.0.0.1/', secret: 'owner' } },
  ],
])('%s', async (_, expected, over, owner) => {
  expect(await tried(over, owner)).toEqual(expected)
})
