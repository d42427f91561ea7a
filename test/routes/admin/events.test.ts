import { exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EventView } from '#core/delivery/event.ts'
import { expectFault } from '../../support/faults.ts'
import { accepted, eventIn, gatedApp, mailboxes, source } from '../../support/gated-app.ts'
import { incoming } from '../../support/mailbox.ts'
import { forgedToken, operatorToken, type TokenWish } from '../../support/operator.ts'
import { eventually } from '../../support/time.ts'

const events = 'http://gate.example/admin/v1/events'

async function get(path: string, wish: TokenWish = { roles: ['viewer'] }): Promise<Response> {
  return exports.default.fetch(events + path, { headers: { authorization: `Bearer ${await operatorToken(wish)}` } })
}

async function list(query: string): Promise<{ items: EventView[]; next: string | null }> {
  const response = await get(`?${query}`)
  expect(response.status).toBe(200)
  return response.json()
}

async function replay(eventId: string, body: string, wish: TokenWish = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${await operatorToken(wish)}`, 'content-type': 'application/json' }
  return exports.default.fetch(`${events}/${eventId}/replay`, { method: 'POST', headers, body })
}

describe('who may look', () => {
  const withToken = (authorization: string) =>
    exports.default.fetch(`${events}?app=admin-door`, { headers: { authorization } })
  const refusedWith = async (response: Response, code: string, challenge: string) => {
    expect(response.headers.get('www-authenticate')).toBe(challenge)
    await expectFault(response, code, 401)
  }
  const invalid = 'Bearer realm="admin", error="invalid_token"'

  it('refuses a request without a token and says which kind it wants', async () => {
    await refusedWith(await exports.default.fetch(`${events}?app=admin-door`), 'token-missing', 'Bearer realm="admin"')
  })

  it.each(['Bearer', 'Basic b2xnYTo=', 'Bearer a b'])('refuses what is not one token: %s', async authorization => {
    const challenge = 'Bearer realm="admin", error="invalid_request"'
    await refusedWith(await withToken(authorization), 'token-invalid', challenge)
  })

  it.each(['Bearer x', 'Bearer a.b.c', `Bearer ${'a'.repeat(20_000)}`])(
    'refuses what is no token of ours: %.20s',
    async authorization => {
      await refusedWith(await withToken(authorization), 'token-invalid', invalid)
    },
  )

  it('refuses a token that has expired, after 30 s of clock skew', async () => {
    await gatedApp('admin-door')
    await refusedWith(await get('?app=admin-door', { expiresInSeconds: -32 }), 'token-expired', invalid)
    expect((await get('?app=admin-door', { expiresInSeconds: -20 })).status).toBe(200)
  })

  it.each<[string, TokenWish]>([
    ['for another audience', { audience: 'another-service' }],
    ['of another issuer', { issuer: 'https://idp.evil.example' }],
    ['under a key nobody knows', { kid: 'unknown' }],
  ])('refuses a token %s', async (_, wish) => {
    await refusedWith(await get('?app=admin-door', wish), 'token-invalid', invalid)
  })

  it.each(['none', 'HS256'] as const)('refuses a token forged with alg %s', async alg => {
    await refusedWith(await withToken(`Bearer ${await forgedToken(alg)}`), 'token-invalid', invalid)
  })

  it('refuses a token whose claims were changed after it was signed', async () => {
    const [header, , mac] = (await operatorToken({ roles: ['viewer'] })).split('.')
    const [, claims] = (await operatorToken({ roles: ['operator'] })).split('.')
    await refusedWith(await withToken(`Bearer ${header}.${claims}.${mac}`), 'token-invalid', invalid)
  })

  it('refuses a token without a role of the gateway, and takes any one of them', async () => {
    await gatedApp('admin-door')
    await expectFault(await get('?app=admin-door', { roles: [] }), 'role-missing', 403)
    await expectFault(await get('?app=admin-door', { roles: ['admin', 'Operator'] }), 'role-missing', 403)
    for (const role of ['viewer', 'author', 'approver', 'operator'])
      expect((await get('?app=admin-door', { roles: [role] })).status).toBe(200)
  })
})

describe('the list of events', () => {
  const app = 'admin-list'
  const at: string[] = []

  beforeAll(async () => {
    await gatedApp(app, {
      source: { retry: { attempts: 1 } },
      moreSources: { other: source() },
      answer: ({ body }) => new Response(null, { status: new TextDecoder().decode(body) === 'bad' ? 410 : 200 }),
    })
    for (const [n, name] of ['shop', 'other', 'shop', 'shop', 'other'].entries()) {
      const eventId = await accepted(app, { source: name, body: n === 2 ? 'bad' : 'good' })
      const { receivedAt } = await eventIn(n === 2 ? 'dead' : 'delivered', eventId)
      at.push(receivedAt)
      await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(receivedAt)))
    }
  })

  const received = (items: readonly EventView[]) => items.map(({ receivedAt }) => at.indexOf(receivedAt))

  it.each([
    ['', [4, 3, 2, 1, 0]],
    ['&source=other', [4, 1]],
    ['&source=nobody', []],
    ['&state=dead', [2]],
    ['&state=delivered&source=shop', [3, 0]],
    ['&fault=upstream-failed', [2]],
    ['&fault=upstream-timeout', []],
  ])('is newest first and holds what matches "%s"', async (query, expected) => {
    const { items, next } = await list(`app=${app}${query}`)
    expect(received(items)).toEqual(expected)
    expect(next).toBeNull()
  })

  it('takes `from` as the first moment that counts and `to` as the first that does not', async () => {
    expect(received((await list(`app=${app}&from=${at[1]}&to=${at[3]}`)).items)).toEqual([2, 1])
    const offset = new Date(Date.parse(at[4] ?? '') + 7_200_000).toISOString().replace('Z', '%2B02:00')
    expect(received((await list(`app=${app}&from=${offset}`)).items)).toEqual([4])
  })

  it('goes on where the cursor of the last page points, until there is no next', async () => {
    const pages: number[][] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { items: EventView[]; next: string | null } = await list(
        `app=${app}&limit=2${cursor && `&cursor=${cursor}`}`,
      )
      pages.push(received(page.items))
      cursor = page.next
    }
    expect(pages).toEqual([[4, 3], [2, 1], [0]])
  })

  it('goes on past a cursor whose event has been forgotten meanwhile', async () => {
    await gatedApp('admin-forgotten')
    const ids = [
      await accepted('admin-forgotten'),
      await accepted('admin-forgotten'),
      await accepted('admin-forgotten'),
    ]
    const { items, next } = await list('app=admin-forgotten&limit=1')
    expect(next).toBe(items[0]?.id)
    await mailboxes.forget([String(next)])
    const rest = await list(`app=admin-forgotten&cursor=${next}`)
    expect(rest.items.map(({ id }) => id).sort()).toEqual(ids.filter(id => id !== next).sort())
  })

  it('says of a full last page that there is no next', async () => {
    expect((await list(`app=${app}&limit=5`)).next).toBeNull()
  })

  it('never shows a payload, headers of the vendor or a secret', async () => {
    const text = await (await get(`?app=${app}`)).text()
    expect(text).not.toMatch(/good|bad|content-type|whsec|webhook-/)
  })

  it('is empty for an app without events, and not-found for one that is not there', async () => {
    await gatedApp('admin-empty')
    expect(await list('app=admin-empty')).toEqual({ items: [], next: null })
    await expectFault(await get('?app=admin-nobody'), 'not-found', 404)
  })

  it('lists everything that is wrong with a request, with a remedy each', async () => {
    const response = await get('?app=No&state=ded&from=yesterday&limit=0&cursor=x&colour=red')
    const { faults } = await expectFault(response, 'request-invalid', 400)
    expect(faults?.map(({ path }) => path).sort()).toEqual(['app', 'colour', 'cursor', 'from', 'limit', 'state'])
    for (const { reason, remedy } of faults ?? [])
      expect([reason, remedy]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)])
    expect(faults?.find(({ path }) => path === 'state')?.remedy).toContain('dead')
    const none = await expectFault(await get(''), 'request-invalid', 400)
    expect(none.faults).toMatchObject([{ path: 'app', reason: 'is required' }])
  })
})

describe('one event', () => {
  it('is shown with its attempts', async () => {
    await gatedApp('admin-show')
    const eventId = await accepted('admin-show', { body: '12345' })
    const shown = await eventIn('delivered', eventId)
    const response = await get(`/${eventId}`)
    expect(await response.json()).toEqual(shown)
    expect(shown).toMatchObject({
      id: eventId,
      app: 'admin-show',
      source: 'shop',
      region: 'any',
      size: 5,
      attempts: [{ n: 1, status: 200 }],
    })
  })

  it.each(['any~admin-show~0~01M7Y4JSWCED7CMRN6X1E9KS1P', 'nothing', 'any~Admin~0~01M7Y4JSWCED7CMRN6X1E9KS1P', '%00'])(
    'is not-found under %s',
    async id => {
      await expectFault(await get(`/${id}`), 'not-found', 404)
    },
  )
})

describe('a replay', () => {
  it('by an operator with a reason delivers the event again', async () => {
    const seen = await gatedApp('admin-replay')
    const eventId = await accepted('admin-replay')
    await eventIn('delivered', eventId)
    const response = await replay(eventId, '{"reason":"the app lost it"}')
    expect(response.status).toBe(202)
    expect(await response.json()).toMatchObject({ id: eventId })
    await eventually(() => expect(seen).toHaveLength(2))
    expect(await eventIn('delivered', eventId)).toMatchObject({ attempts: [{ n: 1 }, { n: 2 }] })
  })

  it.each([
    '',
    '{}',
    '{"reason":""}',
    '{"reason":"  "}',
    'reason=lost',
    '[]',
    '{"reason":1}',
    '{"reason":"x","force":true}',
  ])('without a reason in JSON is refused and does nothing: %s', async body => {
    const seen = await gatedApp('admin-no-reason')
    const eventId = await accepted('admin-no-reason')
    await eventIn('delivered', eventId)
    const { faults } = await expectFault(await replay(eventId, body), 'request-invalid', 400)
    expect(faults?.length).toBeGreaterThan(0)
    expect(await eventIn('delivered', eventId)).toMatchObject({ attempts: [{ n: 1 }] })
    expect(seen).toHaveLength(1)
  })

  it.each(['viewer', 'author', 'approver'])('is not for a %s', async role => {
    await gatedApp('admin-replay-role')
    const eventId = await accepted('admin-replay-role')
    await expectFault(await replay(eventId, '{"reason":"curious"}', { roles: [role] }), 'role-missing', 403)
  })

  it('of an event that nobody knows is not-found', async () => {
    await expectFault(await replay(incoming('admin-replay').id, '{"reason":"lost"}'), 'not-found', 404)
  })
})

it('answers route-unknown to a path the admin API does not have', async () => {
  await expectFault(await exports.default.fetch('http://gate.example/admin/v1/nothing'), 'route-unknown', 404)
})
