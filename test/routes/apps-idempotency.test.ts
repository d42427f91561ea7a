import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { maxKeptBytes } from '#core/idempotency/claim.ts'
import { claimId, fingerprint } from '#core/idempotency/key.ts'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { declared, issuerAt } from '../support/issuer.ts'
import { documentOf, faultsOf } from '../support/manifests.ts'
import { moveTimeBy } from '../support/time.ts'
import type { Seen } from '../support/upstream.ts'

const routes = (idempotency: string) => [
  { path: '/orders', methods: ['POST', 'GET'], auth: 'none', idempotency, timeoutMs: 5_000 },
  { path: '/refunds', methods: ['POST'], auth: 'none', idempotency, timeoutMs: 5_000 },
]

/** An app that counts what it is asked to do. */
async function orders(name: string, answer?: (seen: Seen) => Response | Promise<Response>, idempotency = 'required') {
  let done = 0
  return apiApp(name, {
    routes: routes(idempotency),
    answer: async seen =>
      (await answer?.(seen)) ??
      new Response(`order ${++done}`, { status: 201, headers: { 'x-order': String(done), 'set-cookie': 'a=1' } }),
  })
}

const order = (app: string, key?: string, body = '{"n":1}', path = '/orders') =>
  call(app, path, { method: 'POST', body, headers: key === undefined ? {} : { 'idempotency-key': key } })

describe('a route that requires an Idempotency-Key', () => {
  it('refuses a request without one, or with none that can be read, and lets safe methods pass', async () => {
    const seen = await orders('idem-missing')
    await expectFault(await order('idem-missing'), 'idempotency-missing', 400)
    await expectFault(await order('idem-missing', 'one, two'), 'idempotency-missing', 400)
    expect(seen).toHaveLength(0)
    expect((await call('idem-missing', '/orders')).status).toBe(201)
  })

  it('does what is asked once, and gives the same answer again, byte for byte, quoted or bare', async () => {
    const seen = await orders('idem-replay')
    const first = await order('idem-replay', '"key-1"')
    const again = await order('idem-replay', 'key-1')
    expect(seen).toHaveLength(1)
    expect(first.headers.has('gatehouse-replayed')).toBe(false)
    expect(again.headers.get('gatehouse-replayed')).toBe('true')
    expect(again.status).toBe(201)
    expect(again.headers.get('x-order')).toBe('1')
    expect(again.headers.get('set-cookie')).toBe(first.headers.get('set-cookie'))
    expect([await first.text(), await again.text()]).toEqual(['order 1', 'order 1'])
  })

  it('refuses a key that comes with another request, and takes it on another route', async () => {
    const seen = await orders('idem-mismatch')
    await order('idem-mismatch', 'k')
    await expectFault(await order('idem-mismatch', 'k', '{"n":2}'), 'idempotency-mismatch', 422)
    await expectFault(await order('idem-mismatch', 'k', '{"n":1}', '/orders?x=1'), 'idempotency-mismatch', 422)
    expect((await order('idem-mismatch', 'k', '{"n":1}', '/refunds')).status).toBe(201)
    expect(seen).toHaveLength(2)
  })

  it('lets one of twenty at once through; the others learn that it is under way, or its answer', async () => {
    const slow = () => new Promise<Response>(resolve => setTimeout(() => resolve(new Response('done')), 300))
    const seen = await orders('idem-race', slow)
    const answers = await Promise.all(Array.from({ length: 20 }, () => order('idem-race', 'k')))
    expect(seen).toHaveLength(1)
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter(status => status !== 200 && status !== 409)).toEqual([])
    expect(statuses).toContain(409)
    const conflict = answers.find(({ status }) => status === 409)
    expect(conflict?.headers.get('retry-after')).toBe('1')
    for (const answer of answers) if (answer !== conflict) await answer.text()
    if (conflict) await expectFault(conflict, 'idempotency-conflict', 409)
  })

  it('does not keep an answer of 500 and above, nor the lack of one: the next try is the first again', async () => {
    const answers = [
      () => new Response('', { status: 503 }),
      () => Promise.reject(new TypeError('connection refused')),
      () => new Response('done'),
    ]
    const answer = () => answers.shift()?.() ?? new Response('asked too often')
    const seen = await orders('idem-failed', answer)
    const statuses = [await order('idem-failed', 'k'), await order('idem-failed', 'k'), await order('idem-failed', 'k')]
    expect(statuses.map(({ status }) => status)).toEqual([503, 502, 200])
    expect(await (await order('idem-failed', 'k')).text()).toBe('done')
    expect(seen).toHaveLength(3)
  })

  it('keeps a refusal by the app like any other answer', async () => {
    const seen = await orders('idem-refused', () => new Response('sold out', { status: 409 }))
    await order('idem-refused', 'k')
    expect(await (await order('idem-refused', 'k')).text()).toBe('sold out')
    expect(seen).toHaveLength(1)
  })

  it('does not do again what was answered with more than can be kept', async () => {
    const seen = await orders('idem-large', () => new Response(new Uint8Array(maxKeptBytes + 1)))
    expect((await (await order('idem-large', 'k')).arrayBuffer()).byteLength).toBe(maxKeptBytes + 1)
    await expectFault(await order('idem-large', 'k'), 'idempotency-conflict', 409)
    expect(seen).toHaveLength(1)
  })

  it('forgets an answer after 24 hours, and leaves nothing of it', async () => {
    const seen = await orders('idem-forget')
    await order('idem-forget', 'k')
    moveTimeBy(86_399_000)
    await order('idem-forget', 'k')
    expect(seen).toHaveLength(1)
    moveTimeBy(2_000)
    const object = env.CLAIMS.getByName(
      `any~idem-forget~${(await claimId({ app: 'idem-forget', caller: 'ip 127.0.0.1', route: '/orders' }, 'k')).slice(0, 2)}`,
    )
    await runDurableObjectAlarm(object)
    const rows = await runInDurableObject(object, (_, { storage }) =>
      storage.sql.exec('SELECT count(*) AS n FROM claims').one(),
    )
    expect(rows).toEqual({ n: 0 })
    await order('idem-forget', 'k')
    expect(seen).toHaveLength(2)
  })

  it('frees the claim of a request that never ended a minute after the time-out of its route', async () => {
    const seen = await orders('idem-crash')
    const id = await claimId({ app: 'idem-crash', caller: 'ip 127.0.0.1', route: '/orders' }, 'k')
    const object = env.CLAIMS.getByName(`any~idem-crash~${id.slice(0, 2)}`)
    const print = await fingerprint('POST', '/orders', utf8Bytes('{"n":1}'))
    await object.claim(id, print, 65_000)
    await expectFault(await order('idem-crash', 'k'), 'idempotency-conflict', 409)
    moveTimeBy(65_001)
    expect((await order('idem-crash', 'k')).status).toBe(201)
    expect(seen).toHaveLength(1)
  })
})

it('an answer that was kept whole is not given again to a token that gets it masked', async () => {
  const provider = await issuerAt('idem-masked')
  const rule = { entities: ['EMAIL'], action: 'redact', exemptScopes: ['pii:read'] }
  await apiApp('idem-masked', {
    api: { issuers: [declared(provider)], routes: [{ path: '/orders', methods: ['POST'], idempotency: 'required' }] },
    spec: { masking: { response: rule } },
    answer: () => Response.json({ to: 'mira@example.com' }),
  })
  const ask = async (scope: string) => {
    const authorization = `Bearer ${await provider.sign({ scope })}`
    return call('idem-masked', '/orders', { method: 'POST', headers: { authorization, 'idempotency-key': 'k' } })
  }
  expect(await (await ask('pii:read')).text()).toContain('mira@')
  await expectFault(await ask('x'), 'idempotency-mismatch', 422)
  expect((await ask('pii:read')).headers.get('gatehouse-replayed')).toBe('true')
})

describe('a route where it is optional', () => {
  it('does what is asked as often as it is asked without a key, and once with one', async () => {
    const seen = await orders('idem-optional', undefined, 'optional')
    for (const key of [undefined, undefined, 'k', 'k']) await order('idem-optional', key)
    expect(seen).toHaveLength(3)
  })
})

it('in shadow mode every request is done', async () => {
  const spec = { policies: { idempotency: { mode: 'shadow' } } }
  const seen = await apiApp('idem-shadow', { routes: routes('required'), spec })
  for (const key of [undefined, 'k', 'k']) expect((await order('idem-shadow', key)).status).toBe(200)
  expect(seen).toHaveLength(3)
})

it('a route of safe methods alone cannot ask for keys', () => {
  const api = { routes: [{ path: '/a', methods: ['GET', 'HEAD'], auth: 'none', idempotency: 'required' }] }
  expect(faultsOf(documentOf({ api }))).toEqual([
    'spec.api.routes[0].idempotency: protects nothing: every method of the route may be repeated as it is',
  ])
})
