import { describe, expect, it } from 'vitest'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'

const origin = 'https://portal.example.com'
const routes = [{ path: '/v1/places', methods: ['GET', 'PUT'], auth: 'none' }]
const asks = {
  origin,
  'access-control-request-method': 'PUT',
  'access-control-request-headers': 'authorization, x-own',
}

describe('a page of another origin', () => {
  it('learns by a preflight what it may send, and the app hears nothing of it', async () => {
    const seen = await apiApp('cors-preflight', { routes, api: { cors: { origins: [origin] } } })
    const { status, headers } = await call('cors-preflight', '/v1/places', { method: 'OPTIONS', headers: asks })
    expect(status).toBe(204)
    expect(Object.fromEntries(headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, PUT, HEAD',
      'access-control-allow-headers': 'authorization, x-own',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    })
    expect(headers.has('access-control-allow-credentials')).toBe(false)
    expect(seen).toEqual([])
  })

  it('may read the answers, the refusals too', async () => {
    await apiApp('cors-read', {
      routes,
      api: { cors: { origins: [origin], credentials: true, exposeHeaders: ['x-total'] } },
      answer: () => new Response('', { headers: { 'access-control-allow-origin': '*', vary: 'Accept' } }),
    })
    const answers = [
      await call('cors-read', '/v1/places', { headers: { origin } }),
      await call('cors-read', '/v1/places', { method: 'DELETE', headers: { origin } }),
    ]
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-allow-credentials')).toBe('true')
      expect(headers.get('access-control-expose-headers')).toMatch(/gatehouse-fault.*x-total/)
      expect(headers.get('vary')).toMatch(/Origin$/)
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 405])
  })

  it('that is not listed gets no permission, whatever the app says, and its preflight is a method like others', async () => {
    await apiApp('cors-stranger', {
      routes,
      api: { cors: { origins: [origin] } },
      answer: () =>
        new Response('', {
          headers: { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' },
        }),
    })
    for (const other of [
      'https://portal.example.com.evil.example',
      'http://portal.example.com',
      'null',
      `${origin}:8443`,
    ]) {
      const headers = { ...asks, origin: other }
      await expectFault(await call('cors-stranger', '/v1/places', { method: 'OPTIONS', headers }), 'method-denied', 405)
      const answer = await call('cors-stranger', '/v1/places', { headers: { origin: other } })
      expect([...answer.headers.keys()].filter(name => name.startsWith('access-control-'))).toEqual([])
      expect(answer.headers.get('vary')).toBe('Origin')
    }
  })

  it('of any kind may read what is open to all, without credentials', async () => {
    await apiApp('cors-open', { routes, api: { cors: { origins: ['*'] } } })
    const { headers } = await call('cors-open', '/v1/places', { headers: { origin: 'https://anyone.example' } })
    expect([headers.get('access-control-allow-origin'), headers.has('vary')]).toEqual(['*', false])
  })

  it('is the app’s own business where the manifest has no `cors`', async () => {
    const seen = await apiApp('cors-own', {
      routes: [{ path: '/*', methods: ['OPTIONS'], auth: 'none' }],
      answer: () => new Response(null, { status: 204, headers: { 'access-control-allow-origin': '*' } }),
    })
    const { headers } = await call('cors-own', '/', { method: 'OPTIONS', headers: asks })
    expect([headers.get('access-control-allow-origin'), seen[0]?.method]).toEqual(['*', 'OPTIONS'])
  })
})
