import { beforeEach, expect, it } from 'vitest'
import { storeTimeoutMs } from '#core/limits/rates.ts'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { documentOf, faultsOf } from '../support/manifests.ts'
import { stretchTimersOf } from '../support/time.ts'

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
