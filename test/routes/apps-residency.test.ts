import { expect, it } from 'vitest'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { appAt } from '../support/upstream.ts'

/** An app whose API stands in two regions, and a call that says which of them answered. */
async function resident(app: string, by: object) {
  const spec = {
    residency: { regions: ['eu', 'us'], by },
    upstreams: ['eu', 'us'].map(region => ({ name: 'stable', region, url: `https://${app}-${region}.example.com` })),
  }
  await apiApp(app, { spec })
  for (const region of ['eu', 'us']) appAt(`${app}-${region}.example.com`, () => new Response(region))
  return async (init: RequestInit) => (await call(app, '/v1/where', { method: 'POST', ...init })).text()
}

it('a call goes to the region that its header names, and nowhere without one', async () => {
  const where = await resident('api-region-header', { header: 'x-region' })
  expect([await where({ headers: { 'x-region': 'eu' } }), await where({ headers: { 'x-region': 'us' } })]).toEqual([
    'eu',
    'us',
  ])
  for (const headers of [{}, { 'x-region': 'apac' }] as HeadersInit[])
    await expectFault(await call('api-region-header', '/v1/where', { headers }), 'region-denied', 451)
})

it('a call goes to the region that its body names', async () => {
  const where = await resident('api-region-body', { pointer: '/account/region' })
  expect(await where({ body: '{"account":{"region":"us"}}' })).toBe('us')
})

it('a call goes to the region of the country it comes from', async () => {
  const where = await resident('api-region-geo', { geo: true })
  expect(await where({ cf: { country: 'DE', continent: 'EU' } } as RequestInit)).toBe('eu')
  expect(await where({ cf: { country: 'MX', continent: 'NA' } } as RequestInit)).toBe('us')
})
