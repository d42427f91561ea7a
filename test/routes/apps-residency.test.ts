import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { claimId } from '#core/idempotency/key.ts'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { declared, issuerAt } from '../support/issuer.ts'
import { eventually } from '../support/time.ts'
import { appAt, type Seen } from '../support/upstream.ts'

const open = { path: '/*', methods: ['GET', 'POST'], auth: 'none' }

/** An app whose API stands in two regions, each of which answers with its own name. */
async function resident(app: string, by: object | undefined, more: { api?: object; default?: string } = {}) {
  const fallback = more.default === undefined ? {} : { default: more.default }
  const spec = {
    residency: { regions: ['eu', 'us'], ...(by && { by }), ...fallback },
    upstreams: ['eu', 'us'].map(region => ({ name: 'stable', region, url: `https://${app}-${region}.example.com` })),
  }
  await apiApp(app, { routes: [open], spec, api: { ...more.api } })
  const seen = Object.fromEntries(
    ['eu', 'us'].map(region => [region, appAt(`${app}-${region}.example.com`, () => new Response(region))]),
  ) as Readonly<Record<'eu' | 'us', readonly Seen[]>>
  const ask = (init: RequestInit = {}) => call(app, '/v1/where', { method: 'POST', ...init })
  const denied = async (init: RequestInit = {}) => {
    const refused = await ask(init)
    expect(refused.headers.has('gatehouse-region')).toBe(false)
    await expectFault(refused, 'region-denied', 451)
  }
  return { seen, ask, denied, where: async (init: RequestInit) => (await ask(init)).text() }
}

describe('a call goes to the region', () => {
  it('that its header names, and nowhere with none or another', async () => {
    const { where, denied, seen } = await resident('api-region-header', { header: 'x-region' })
    expect(await where({ headers: { 'x-region': 'eu' } })).toBe('eu')
    expect(await where({ headers: { 'x-region': 'us' } })).toBe('us')
    await denied()
    await denied({ headers: { 'x-region': 'apac' } })
    await denied({ headers: { 'x-region': 'EU' } })
    expect([seen.eu.length, seen.us.length]).toEqual([1, 1])
  })

  it('that its body names, and nowhere with a body that is no JSON', async () => {
    const { where, denied } = await resident('api-region-body', { pointer: '/account/region' })
    expect(await where({ body: '{"account":{"region":"us"}}' })).toBe('us')
    expect(await where({ body: '{"account":{"region":"eu"}}' })).toBe('eu')
    for (const body of [
      '{"account":{"region":["eu"]}}',
      '{"region":"eu"}',
      'eu',
      '{"account":{"region":"constructor"}}',
    ])
      await denied({ body })
  })

  it('that a claim of its token names, never one that it writes elsewhere', async () => {
    const provider = await issuerAt('api-region-claim')
    const api = { issuers: [declared(provider)], routes: [{ path: '/*', methods: ['POST'] }] }
    const { where, denied } = await resident('api-region-claim', { claim: 'home' }, { api })
    const bearer = async (claims: object) => ({ authorization: `Bearer ${await provider.sign({ ...claims })}` })
    expect(await where({ headers: await bearer({ home: 'eu' }) })).toBe('eu')
    expect(await where({ headers: { ...(await bearer({ home: 'us' })), home: 'eu', 'x-region': 'eu' } })).toBe('us')
    await denied({ headers: await bearer({}) })
    await denied({ headers: await bearer({ home: 'apac' }) })
    await denied({ headers: await bearer({ home: ['eu'] }) })
  })

  it('of the country it comes from, and nowhere from a country of none', async () => {
    const { where, denied, ask } = await resident('api-region-geo', { geo: true })
    const from = (country: string, continent: string) => ({ cf: { country, continent } }) as RequestInit
    expect(await where(from('DE', 'EU'))).toBe('eu')
    expect(await where(from('MX', 'NA'))).toBe('us')
    await denied(from('JP', 'AS'))
    await denied(from('T1', ''))
    await denied({ headers: { 'cf-ipcountry': 'DE' } })
    expect((await ask(from('FR', 'EU'))).headers.get('gatehouse-region')).toBe('eu')
  })

  it('of its default where it names none, and nowhere where it names another', async () => {
    const { where, denied } = await resident('api-region-default', { header: 'x-region' }, { default: 'us' })
    expect(await where({})).toBe('us')
    expect(await where({ headers: { 'x-region': 'eu' } })).toBe('eu')
    await denied({ headers: { 'x-region': 'apac' } })
  })
})

it('app, caller and log learn the region, whatever the caller writes under its name', async () => {
  const lines: string[] = []
  const spy = vi.spyOn(console, 'log').mockImplementation(line => void lines.push(String(line)))
  onTestFinished(() => spy.mockRestore())
  const { ask, seen } = await resident('api-region-told', { header: 'x-region' })
  const answer = await ask({ headers: { 'x-region': 'us', 'gatehouse-region': 'eu' } })
  expect(answer.headers.get('gatehouse-region')).toBe('us')
  expect(seen.us[0]?.headers.get('gatehouse-region')).toBe('us')
  await ask({ headers: { 'x-region': 'apac' } })
  const records = await eventually(() => {
    const all = lines.flatMap(text => text.split('\n')).map(line => JSON.parse(line))
    const own = all.filter(({ event, app }) => event === 'request' && app === 'api-region-told')
    expect(own).toHaveLength(2)
    return own
  })
  expect(records[0]).toMatchObject({ region: 'us', upstream: 'stable@us', status: 200 })
  expect(records[1]).toMatchObject({ status: 451, fault: 'region-denied', policy: 'residency' })
  expect(records[1].region).toBeUndefined()
})

it('an idempotency key and the answer kept under it lie in the region of their request, and nowhere else', async () => {
  const api = { routes: [{ ...open, idempotency: 'required' }] }
  const { ask, seen } = await resident('api-region-kept', { header: 'x-region' }, { api })
  const send = (region: string) => ask({ body: '{}', headers: { 'x-region': region, 'idempotency-key': 'k' } })
  expect(await (await send('eu')).text()).toBe('eu')
  const again = await send('eu')
  expect([again.headers.get('gatehouse-replayed'), await again.text()]).toEqual(['true', 'eu'])
  expect(again.headers.get('gatehouse-region')).toBe('eu')
  expect(seen.eu).toHaveLength(1)

  const whose = { app: 'api-region-kept', caller: 'ip 127.0.0.1', route: '/*' }
  const id = await claimId(whose, 'k')
  const kept = async (region: string) => {
    const object = env.CLAIMS.getByName(`${region}~api-region-kept~${id.slice(0, 2)}`)
    const rows = await runInDurableObject(object, (_, { storage }) =>
      storage.sql.exec('SELECT state, status FROM claims WHERE id = ?', id).toArray(),
    )
    return rows
  }
  expect(await kept('eu')).toEqual([{ state: 'answered', status: 200 }])
  expect([await kept('us'), await kept('any')]).toEqual([[], []])
  expect(await (await send('us')).text()).toBe('us')
  expect(await kept('us')).toEqual([{ state: 'answered', status: 200 }])
})
