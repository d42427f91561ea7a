import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { admin } from '../support/admin.ts'
import { type ApiSetup, apiApp, call } from '../support/api-app.ts'
import { explained } from '../support/explain.ts'
import { expectFault } from '../support/faults.ts'
import { documentOf } from '../support/manifests.ts'
import { moveTimeBy } from '../support/time.ts'

const routes = [{ path: '/*', methods: ['GET', 'POST'], auth: 'none' }]
const hosted = (app: string, setup: ApiSetup = {}) =>
  apiApp(app, { ...setup, spec: { hosts: [`${app}.example.com`], ...setup.spec } })
const at = (host: string, path: string, init: RequestInit = {}) =>
  exports.default.fetch(`https://${host}${path}`, { redirect: 'manual', ...init })
const own = (app: string, path: string, init: RequestInit = {}) => at(`${app}.example.com`, path, init)

// the app's upstream must not be its own host
const spec = (app: string) => ({ upstreams: [{ name: 'stable', url: `https://${app}.example.com` }] })

describe('on a host of its own', () => {
  it('every path is the app’s, the gateway’s doors too, by the same rules', async () => {
    const seen = await hosted('host-own', {
      routes: [
        { path: '/*', methods: ['GET', 'POST'], auth: 'none' },
        { path: '/closed', methods: ['GET'] },
      ],
      api: { issuers: [{ issuer: 'https://idp.example', audiences: ['a'], algorithms: ['ES256'] }] },
    })
    const paths = ['/', '/v1/a?b=%2F..', '/apps/other/x', '/admin/v1/apps', '/hooks/a/b', '/egress/x', '/token']
    for (const path of [...paths, '/healthz', '/metrics', '/.well-known/jwks.json', '/faults/internal'])
      expect((await own('host-own', path)).status).toBe(200)
    expect(seen.slice(0, 3).map(({ url }) => url)).toEqual([
      'https://host-own.example.com/',
      'https://host-own.example.com/v1/a?b=%2F..',
      'https://host-own.example.com/apps/other/x',
    ])
    await expectFault(await own('host-own', '/closed'), 'token-missing', 401)
    await expectFault(await own('host-own', '/a;b'), 'route-unknown', 404)
    await expectFault(await own('host-own', '/a', { method: 'DELETE' }), 'method-denied', 405)
    expect((await call('host-own', '/v1/a')).status).toBe(200)
    const asked = (url: string) => explained({ app: 'host-own', door: 'apps', request: { url } })
    expect(await asked('https://host-own.example.com/closed')).toMatchObject({ fault: 'token-missing' })
    expect(await asked('https://host-own.example.com/admin/v1/apps')).toMatchObject({ decision: 'allow' })
  })

  it('is known in whatever case, at whatever port, and with its final dot', async () => {
    const seen = await hosted('host-case')
    for (const host of ['HOST-CASE.Example.com', 'host-case.example.com:8443', 'host-case.example.com.'])
      expect([host, (await at(host, '/hooks/a/b')).status]).toEqual([host, 200])
    expect(seen).toHaveLength(3)
  })

  it('pages run as they are, service workers too, and cookies keep their path but not their domain', async () => {
    const headers = new Headers({
      'content-type': 'text/html',
      'service-worker-allowed': '/',
      'clear-site-data': '"*"',
      'alt-svc': 'h3=":443"',
      'strict-transport-security': 'max-age=1; includeSubDomains',
      'gatehouse-fault': 'internal',
    })
    headers.append('set-cookie', '__Host-a=1; Path=/; Secure')
    headers.append('set-cookie', 'path=2; Domain=example.com; Path=/cart; HttpOnly')
    await hosted('host-pages', { answer: () => new Response('<p>', { headers }) })
    const answer = await own('host-pages', '/sw.js', { headers: { 'service-worker': 'script' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.has('content-security-policy')).toBe(false)
    expect(answer.headers.get('service-worker-allowed')).toBe('/')
    expect(answer.headers.getSetCookie()).toEqual(['__Host-a=1; Path=/; Secure', 'path=2; Path=/cart; HttpOnly'])
    for (const name of ['clear-site-data', 'alt-svc', 'strict-transport-security', 'gatehouse-fault'])
      expect([name, answer.headers.has(name)]).toEqual([name, false])
    const shared = await call('host-pages', '/')
    expect(shared.headers.get('content-security-policy')).toBe('sandbox allow-scripts allow-forms')
  })

  it('limits and switches hold as under /apps', async () => {
    await hosted('host-limited', { spec: { limits: { rate: [{ name: 'burst', limit: 2, windowSeconds: 60 }] } } })
    expect((await own('host-limited', '/')).status).toBe(200)
    expect((await call('host-limited', '/')).status).toBe(200)
    await expectFault(await own('host-limited', '/'), 'rate-exceeded', 429)
    await admin('apps/host-limited/kill', { method: 'POST', body: JSON.stringify({ reason: 'leaks' }) })
    moveTimeBy(5_000)
    await expectFault(await own('host-limited', '/'), 'app-killed', 503)
  })
})

describe('a host that is nobody’s', () => {
  it('is the gateway’s', async () => {
    await apiApp('host-plain')
    expect((await at('somewhere.example.com', '/apps/host-plain/')).status).toBe(200)
    expect(await (await at('somewhere.example.com', '/healthz')).text()).toBe('ok')
    await expectFault(await at('somewhere.example.com', '/x'), 'route-unknown', 404)
  })

  it('does not open what a stale key says: the manifest must list it', async () => {
    const seen = await apiApp('host-stale')
    await env.REGISTRY.put(keys.host('stale.example.com'), 'host-stale')
    await expectFault(await at('stale.example.com', '/'), 'route-unknown', 404)
    await expectFault(await at('stale.example.com', '/apps/host-stale/'), 'route-unknown', 404)
    expect(seen).toEqual([])
  })
})

describe('publishing', () => {
  const put = (app: string, hosts: string[]) => {
    const manifest = documentOf({ ...spec(`live-${app}`), hosts, api: { routes } }, app)
    return admin(`apps/${app}`, {
      method: 'PUT',
      body: JSON.stringify(manifest),
      headers: { 'gatehouse-reason': 'a host' },
    })
  }

  it('opens a host within 5 s, refuses it to a second app, and gives it on once the first has let go', async () => {
    await apiApp('live-host-one', { answer: () => new Response('one') })
    await apiApp('live-host-two', { answer: () => new Response('two') })
    const shared = 'moving.example.org'
    await expectFault(await at(shared, '/'), 'route-unknown', 404)
    expect((await put('host-one', [shared])).status).toBe(200)
    moveTimeBy(5_000)
    expect(await (await at(shared, '/')).text()).toBe('one')

    const refused = await put('host-two', ['free.example.org', shared])
    const { faults } = await refused.clone().json<{ faults: unknown }>()
    await expectFault(refused, 'manifest-refused', 422)
    expect(faults).toEqual([
      {
        path: 'spec.hosts[1]',
        reason: 'is already a host of the app host-one',
        remedy: 'Use another host, or take it out of the manifest of host-one first.',
      },
    ])

    expect((await put('host-one', [])).status).toBe(200)
    moveTimeBy(5_000)
    await expectFault(await at(shared, '/'), 'route-unknown', 404)
    expect((await put('host-two', [shared])).status).toBe(200)
    moveTimeBy(5_000)
    expect(await (await at(shared, '/')).text()).toBe('two')
  })
})
