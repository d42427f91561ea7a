import { describe, expect, it } from 'vitest'
import { apiApp, call } from '../../support/api-app.ts'
import { explained, rowOf, schema, strictApi, verdicts } from '../../support/explain.ts'
import { eventually } from '../../support/time.ts'

describe('POST /admin/v1/explain at the API', () => {
  it('decides as the door itself does, for every kind of refusal', async () => {
    const app = 'explain-agrees'
    const { issuer } = await strictApi(app)
    const good = { authorization: `Bearer ${await issuer.sign()}` }
    const stale = { authorization: `Bearer ${await issuer.sign({ exp: 1_000_000 })}` }
    const json = { 'content-type': 'application/json' }
    await call(app, '/v1/places', { headers: good })
    const key = (value: string) => ({ 'idempotency-key': value })
    const requests: [string, string, Record<string, string>, string?][] = [
      ['GET', '/open', {}],
      ['GET', '/nowhere', good],
      ['GET', '/v1//places', {}],
      ['DELETE', '/v1/places', good],
      ['GET', '/v1/places', {}],
      ['GET', '/v1/places', { authorization: 'Bearer nonsense' }],
      ['GET', '/v1/places', stale],
      ['GET', '/v1/places', good],
      ['GET', '/v1/admin', good],
      ['POST', '/v1/orders', { ...good, ...json }, '{"n":1}'],
      ['POST', '/v1/orders', { ...good, ...json, ...key('one') }, '{"n":"x"}'],
      ['POST', '/v1/orders', { ...good, ...json, ...key('two') }, '{"n":1}'],
      ['POST', '/v1/orders', { ...good, ...json, ...key('three') }, `{"n":1,"long":"${'x'.repeat(5_000)}"}`],
      ['POST', '/v1/orders', { ...good, 'content-type': 'image/png', ...key('four') }, '{"n":1}'],
      ['OPTIONS', '/v1/places', { origin: 'https://portal.example.com', 'access-control-request-method': 'GET' }],
    ]
    for (const [method, path, headers, body] of requests) {
      const request = { method, url: `/apps/${app}${path}`, headers, ...(body !== undefined && { body }) }
      const told = await explained({ app, door: 'apps', request })
      // on a busy machine the store of the limits may be away at first
      const met = await eventually(async () => {
        const answer = await call(app, path, { method, headers, ...(body !== undefined && { body }) })
        expect(answer.status).not.toBe(503)
        return answer
      })
      const fault = met.headers.get('gatehouse-fault') ?? undefined
      const said = told.decision === 'unknown' ? 0 : (told.status ?? 200)
      expect({ method, path, fault: told.fault, status: said }).toEqual({ method, path, fault, status: met.status })
    }
    const again = { method: 'POST', url: `/apps/${app}/v1/orders`, headers: { ...good, ...json, ...key('two') } }
    expect(await explained({ app, door: 'apps', request: { ...again, body: '{"n":1}' } })).toMatchObject({
      decision: 'answer',
      policy: 'idempotency',
    })
    expect(await explained({ app, door: 'apps', request: { ...again, body: { n: 2 } } })).toMatchObject({
      fault: 'idempotency-mismatch',
    })
  })

  it('names the field that decides, and whether the manifest or a default says it', async () => {
    const app = 'explain-origin'
    await strictApi(app)
    const request = { method: 'GET', url: `/apps/${app}/v1/admin` }
    const answer = await explained({ app, door: 'apps', request, as: { scopes: ['places:read'] } })
    expect(answer).toMatchObject({ decision: 'deny', policy: 'scopes', fault: 'scope-missing', status: 403 })
    expect(rowOf(answer, 'scopes')).toMatchObject({
      field: 'spec.api.routes[3].scopes',
      origin: 'manifest',
      value: ['admin'],
      detail: 'lacks admin',
    })
    expect(rowOf(answer, 'bodySize')).toMatchObject({
      field: 'spec.limits.bodyBytes',
      origin: 'manifest',
      value: 4_096,
    })
    expect(rowOf(answer, 'expiry')).toMatchObject({ field: 'spec.lifecycle.ttlDays', verdict: 'pass' })
    expect(rowOf(answer, 'circuitBreaker')).toMatchObject({ field: 'spec.breaker', origin: 'default' })
    expect(rowOf(answer, 'killSwitch')).toMatchObject({ origin: 'operator', verdict: 'pass' })
    expect(rowOf(answer, 'registered')).toMatchObject({ origin: 'gateway', verdict: 'pass' })
  })

  it('past a deny it says what would follow, as far as that can be known', async () => {
    const app = 'explain-past'
    await strictApi(app)
    const request = { method: 'POST', url: `/apps/${app}/v1/orders`, body: '{"n":"x"}' }
    const answer = await explained({ app, door: 'apps', request })
    expect(answer).toMatchObject({ decision: 'deny', policy: 'bearerToken', fault: 'token-missing' })
    expect(verdicts(answer)).toMatchObject({
      scopes: 'unknown',
      rateLimit: 'pass',
      schema: 'deny',
      idempotency: 'deny',
    })
    expect(rowOf(answer, 'scopes')?.detail).toBe('needs `principal`, which was not settled')
    const unknown = await explained({
      app: 'explain-not-there',
      door: 'apps',
      request: { url: '/apps/explain-not-there/' },
    })
    expect(unknown).toMatchObject({ decision: 'deny', policy: 'registered', fault: 'app-unknown' })
    expect(verdicts(unknown)).toMatchObject({ expiry: 'unknown', bearerToken: 'unknown', rateLimit: 'unknown' })
  })

  it('asks no issuer for keys that nobody has fetched yet, and says so', async () => {
    const app = 'explain-keys'
    const { issuer } = await strictApi(app)
    const headers = { authorization: `Bearer ${await issuer.sign()}` }
    const request = { url: `/apps/${app}/v1/places`, headers }
    expect(await explained({ app, door: 'apps', request })).toMatchObject({
      decision: 'unknown',
      policy: 'bearerToken',
    })
    expect(issuer.seen).toHaveLength(0)
    await call(app, '/v1/places', { headers })
    expect(await explained({ app, door: 'apps', request })).toMatchObject({ decision: 'allow' })
  })

  it('tells a shadowed deny from a real one, and what is off', async () => {
    const app = 'explain-modes'
    await apiApp(app, {
      routes: [{ path: '/in', methods: ['POST'], auth: 'none', schema }],
      spec: {
        policies: { schema: { mode: 'shadow' }, quota: { mode: 'off' } },
        limits: { quota: [{ limit: 1, per: 'day' }] },
      },
    })
    const answer = await explained({ app, door: 'apps', request: { method: 'POST', url: `/apps/${app}/in`, body: {} } })
    expect(answer.decision).toBe('allow')
    expect(rowOf(answer, 'schema')).toMatchObject({ verdict: 'would-deny', mode: 'shadow', fault: 'schema-mismatch' })
    expect(rowOf(answer, 'quota')).toMatchObject({ verdict: 'off' })
  })

  it('sees a limit that is spent, and names it', async () => {
    const app = 'explain-spent'
    const rate = [
      { name: 'wide', limit: 100, windowSeconds: 3_600, per: 'app' },
      { name: 'narrow', limit: 2, windowSeconds: 3_600, per: 'app' },
    ]
    await apiApp(app, { spec: { limits: { rate } } })
    const ask = () => explained({ app, door: 'apps', request: { url: `/apps/${app}/` } })
    for (let n = 0; n < 3; n++) expect(await ask()).toMatchObject({ decision: 'allow' })
    await eventually(async () => expect((await call(app, '/')).status).toBe(429))
    expect(rowOf(await ask(), 'rateLimit')).toMatchObject({
      fault: 'rate-exceeded',
      field: 'spec.limits.rate[1]',
      value: { name: 'narrow', limit: 2 },
    })
  })
})
