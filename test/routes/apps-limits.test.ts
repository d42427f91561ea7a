import { beforeEach, describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { storeTimeoutMs } from '#core/limits/rates.ts'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { declared, issuerAt, type TestIssuer } from '../support/issuer.ts'
import { documentOf, faultsOf } from '../support/manifests.ts'
import { eventually, moveTimeBy, moveTimeTo, stretchTimersOf } from '../support/time.ts'

beforeEach(() => stretchTimersOf(storeTimeoutMs))

const routes = [
  { path: '/cheap', methods: ['GET'], auth: 'none' },
  { path: '/dear', methods: ['GET'], auth: 'none', cost: 5 },
]
const limitedTo = (limit: number, over: object = {}) => ({
  limits: { rate: [{ name: 'burst', limit, windowSeconds: 60, ...over }] },
})

it('a request takes as many units as its route costs, and one that asks for more than is left takes none', async () => {
  const seen = await apiApp('limit-cost', { routes, spec: limitedTo(7) })
  expect((await call('limit-cost', '/dear')).headers.get('ratelimit')).toMatch(/^"burst";r=2;t=\d+$/)
  await expectFault(await call('limit-cost', '/dear'), 'rate-exceeded', 429)
  expect([(await call('limit-cost', '/cheap')).status, (await call('limit-cost', '/cheap')).status]).toEqual([200, 200])
  await expectFault(await call('limit-cost', '/cheap'), 'rate-exceeded', 429)
  expect(seen).toHaveLength(3)
})

it.each(['caller', 'app', 'ip'])('a limit per %s holds where a route takes no token', async per => {
  await apiApp(`limit-per-${per}`, { spec: limitedTo(1, { per }) })
  expect((await call(`limit-per-${per}`, '/cheap')).status).toBe(200)
  const refused = await call(`limit-per-${per}`, '/cheap')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  await expectFault(refused, 'rate-exceeded', 429)
})

it('a limit per caller is one issuer’s subject’s, whatever token and address it comes with', async () => {
  const [provider, other] = [await issuerAt('limit-who'), await issuerAt('limit-who-else')]
  const issuers = [declared(provider), declared(other)]
  await apiApp('limit-who', { api: { issuers, routes: [{ path: '/v1', methods: ['GET'] }] }, spec: limitedTo(1) })
  const ask = async (from: TestIssuer, sub: string, address: string) => {
    const authorization = `Bearer ${await from.sign({ sub, jti: crypto.randomUUID() })}`
    const headers = { authorization, 'x-forwarded-for': address, 'cf-connecting-ip': address }
    return (await call('limit-who', '/v1', { headers })).status
  }
  expect([await ask(provider, 'mira', '192.0.2.1'), await ask(provider, 'mira', '192.0.2.2')]).toEqual([200, 429])
  expect([await ask(provider, 'noor', '192.0.2.1'), await ask(other, 'mira', '192.0.2.1')]).toEqual([200, 200])
})

it('no header moves a caller without a token out of its limit', async () => {
  await apiApp('limit-spoofed', { spec: limitedTo(1, { per: 'ip' }) })
  const from = async (name: string) => {
    const headers = { [name]: '192.0.2.9', 'x-real-ip': '192.0.2.9', 'gatehouse-subject': name }
    return (await call('limit-spoofed', '/', { headers })).status
  }
  const statuses = await Promise.all(['x-forwarded-for', 'forwarded', 'cf-connecting-ip', 'true-client-ip'].map(from))
  expect(statuses.toSorted()).toEqual([200, 429, 429, 429])
})

it('the limits stand on an answer in place of those that the app states', async () => {
  const answer = () => new Response('', { headers: { ratelimit: '"own";r=1' } })
  await apiApp('limit-stated', { routes, spec: limitedTo(9), answer })
  expect((await call('limit-stated', '/cheap')).headers.get('ratelimit')).toMatch(/^"burst";r=8/)
})

it('a route that costs more than a limit ever lets through is refused at publish', () => {
  const document = documentOf({ api: { routes }, ...limitedTo(4) })
  expect(faultsOf(document)).toEqual(['spec.api.routes[1].cost: is more than the limit burst ever lets through'])
})

it('two limits of one name are refused at publish', () => {
  const rate = [{ name: 'burst', limit: 9, windowSeconds: 1 }]
  const document = documentOf({ limits: { rate: [...rate, ...rate] } })
  expect(faultsOf(document)).toEqual(['spec.limits.rate[1].name: names two limits'])
})

it('a quota of the day is spent for all callers, and begins anew with the next day of UTC', async () => {
  moveTimeTo('2026-11-21T23:00:00Z')
  await apiApp('limit-quota', { spec: { limits: { quota: [{ limit: 2, per: 'day' }] } } })
  const first = await call('limit-quota', '/')
  expect(Object.fromEntries(first.headers)).toMatchObject({
    'ratelimit-policy': '"day";q=2;w=86400',
    ratelimit: '"day";r=1;t=3600',
  })
  await call('limit-quota', '/')
  const refused = await call('limit-quota', '/')
  expect(refused.headers.get('retry-after')).toBe('3600')
  await expectFault(refused, 'quota-exceeded', 429)
  moveTimeBy(3_600_000)
  expect((await call('limit-quota', '/')).status).toBe(200)
})

it('all limits that a request met stand on its answer', async () => {
  const rate = [{ name: 'burst', limit: 9, windowSeconds: 60 }]
  await apiApp('limit-all', { spec: { limits: { rate, concurrency: 3, quota: [{ limit: 5, per: 'month' }] } } })
  const { headers } = await call('limit-all', '/')
  expect(headers.get('ratelimit-policy')).toMatch(
    /^"burst";q=9;w=60, "concurrency";q=3;qu="concurrent-requests", "month";q=5;w=\d{7}$/,
  )
  expect(headers.get('ratelimit')).toMatch(/^"burst";r=8;t=\d+, "concurrency";r=2, "month";r=4;t=\d+$/)
})

describe('a refusal before the limits are met', () => {
  const limits = {
    rate: [
      { name: 'each', limit: 9, windowSeconds: 60, per: 'caller' },
      { name: 'all', limit: 20, windowSeconds: 60, per: 'app' },
    ],
    concurrency: 3,
    quota: [{ limit: 50, per: 'day' }],
  }
  const policy = '"each";q=9;w=60, "all";q=20;w=60, "concurrency";q=3;qu="concurrent-requests", "day";q=50;w=86400'

  it('says how they stand, from memory and with nothing taken, where a route is limited', async () => {
    const provider = await issuerAt('limit-early')
    const routes = [
      { path: '/in', methods: ['GET'] },
      { path: '/more', methods: ['GET'], scopes: ['admin'] },
      { path: '/small', methods: ['POST'], bodyBytes: 1 },
    ]
    await apiApp('limit-early', { api: { issuers: [declared(provider)], routes }, spec: { limits } })
    const headers = { authorization: `Bearer ${await provider.sign()}` }
    for (let n = 0; n < 3; n++) {
      const missing = await call('limit-early', '/in')
      expect(missing.headers.get('ratelimit-policy')).toBe(policy)
      expect(missing.headers.get('ratelimit')).toBe('"each";r=9, "all";r=20, "concurrency";r=3, "day";r=50')
      await expectFault(missing, 'token-missing', 401)
    }
    expect((await call('limit-early', '/in', { headers })).headers.get('ratelimit')).toMatch(
      /^"each";r=8;.*"all";r=19;/,
    )
    const narrow = await call('limit-early', '/more', { headers })
    expect(narrow.headers.get('ratelimit')).toMatch(/^"each";r=8;t=\d+, "all";r=19;t=\d+, .*"day";r=49;t=\d+$/)
    await expectFault(narrow, 'scope-missing', 403)
    const large = await call('limit-early', '/small', { method: 'POST', body: 'xx' })
    expect(large.headers.get('ratelimit-policy')).toBe(policy)
    await expectFault(large, 'body-too-large', 413)
    expect((await call('limit-early', '/nowhere')).headers.has('ratelimit')).toBe(false)
    moveTimeBy(61_000)
    const later = await call('limit-early', '/more', { headers })
    expect(later.headers.get('ratelimit')).toMatch(/^"each";r=9, "all";r=20, /)
  })

  it('leaves out what the manifest has turned off', async () => {
    const provider = await issuerAt('limit-off')
    const spec = { limits, policies: { rateLimit: { mode: 'off' }, concurrency: { mode: 'off' } } }
    await apiApp('limit-off', {
      api: { issuers: [declared(provider)], routes: [{ path: '/', methods: ['GET'] }] },
      spec,
    })
    expect((await call('limit-off', '/')).headers.get('ratelimit')).toBe('"day";r=50')
  })
})

describe('concurrency', () => {
  const spec = { limits: { concurrency: 2 } }

  it('refuses the request after as many as may be under way, until one of them has been read to its end', async () => {
    const held: { isOver: boolean }[] = []
    const answer = () => {
      const one = { isOver: false }
      held.push(one)
      const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
        while (!one.isOver) await new Promise(resolve => setTimeout(resolve, 5))
        controller.close()
      }
      const start = (controller: ReadableStreamDefaultController<Uint8Array>) => controller.enqueue(utf8Bytes('ok'))
      return new Response(new ReadableStream({ start, pull }))
    }
    await apiApp('limit-slots', { spec, answer })
    const [first, second] = [await call('limit-slots', '/'), await call('limit-slots', '/')]
    const refused = await call('limit-slots', '/')
    expect(refused.headers.get('ratelimit')).toBe('"concurrency";r=0')
    expect(refused.headers.get('retry-after')).toBe('1')
    await expectFault(refused, 'concurrency-exceeded', 429)
    Object.assign(held[0] ?? {}, { isOver: true })
    expect(await first.text()).toBe('ok')
    const third = await eventually(async () => {
      const response = await call('limit-slots', '/')
      expect(response.status).toBe(200)
      return response
    })
    for (const each of held) each.isOver = true
    await Promise.all([second.text(), third.text()])
  })

  it('frees the slot of a request that a later policy refuses, and of one whose app cannot be reached', async () => {
    const limits = { concurrency: 1, quota: [{ limit: 1, per: 'day' }] }
    await apiApp('limit-freed', { spec: { limits } })
    expect((await call('limit-freed', '/')).status).toBe(200)
    for (let n = 0; n < 3; n++) await expectFault(await call('limit-freed', '/'), 'quota-exceeded', 429)
    const answer = () => Promise.reject(new TypeError('connection refused'))
    await apiApp('limit-down', { spec: { limits: { concurrency: 1 } }, answer })
    for (let n = 0; n < 3; n++) expect((await call('limit-down', '/', { method: 'POST' })).status).toBe(502)
  })
})
