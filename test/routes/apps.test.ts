import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { metric } from '../support/metrics.ts'
import { eventually, moveTimeBy } from '../support/time.ts'

describe('a call that is admitted', () => {
  it('reaches the app with method, path, query and body as they were sent, and its answer comes back', async () => {
    const seen = await apiApp('api-plain', {
      answer: () => new Response('made', { status: 201, headers: { 'x-from': 'app', location: '/v1/orders/1' } }),
    })
    const response = await call('api-plain', '/v1/orders%20a?x=%2F..&x=2', {
      method: 'POST',
      headers: { 'content-type': 'text/x', 'x-own': 'a', cookie: 'a=b' },
      body: 'four',
    })
    expect([response.status, await response.text()]).toEqual([201, 'made'])
    expect(response.headers.get('location')).toBe('/v1/orders/1')
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: 'https://api-plain.example.com/v1/orders%20a?x=%2F..&x=2',
        body: utf8Bytes('four'),
        redirect: 'manual',
      },
    ])
    expect(Object.fromEntries(seen[0]?.headers ?? [])).toMatchObject({
      'content-type': 'text/x',
      'x-own': 'a',
      cookie: 'a=b',
    })
  })

  it('leaves what ends at this hop behind: the gateway’s own names, the connection’s, the caller’s token', async () => {
    const seen = await apiApp('api-strip')
    const stripped = {
      authorization: 'Bearer x',
      'gatehouse-subject': 'mallory',
      'gatehouse-anything': 'x',
      'x-forwarded-for': '1.2.3.4',
      'cf-connecting-ip': '1.2.3.4',
      forwarded: 'for=1.2.3.4',
      connection: 'close, X-Named, (no name),',
      'x-named': 'x',
      te: 'trailers',
      'proxy-authorization': 'Basic x',
      'x-http-method-override': 'DELETE',
      'x-method-override': 'DELETE',
      'x-original-url': '/admin',
      'x-rewrite-url': '/admin',
      // an app behind CGI, WSGI or PHP reads these as if they had hyphens
      gatehouse_subject: 'mallory',
      'gatehouse-own_word': 'x',
      x_forwarded_for: '1.2.3.4',
      x_http_method_override: 'DELETE',
      x_kept: 'y',
    }
    await call('api-strip', '/', { headers: { ...stripped, 'x-kept': 'x', x_alone: 'x', 'gatehouse-hops': '2' } })
    const headers = seen[0]?.headers ?? new Headers()
    expect(Object.keys(stripped).filter(name => headers.has(name))).toEqual([])
    expect(['x-kept', 'x_alone', 'gatehouse-hops'].map(name => headers.get(name))).toEqual(['x', 'x', '3'])
  })

  it('is answered by the app each time, never from what Cloudflare has kept of another caller’s', async () => {
    const seen = await apiApp('api-uncached')
    await call('api-uncached', '/statement.pdf')
    expect(seen[0]?.cache).toBe('no-store')
  })

  it('carries its trace on, or begins one', async () => {
    const seen = await apiApp('api-trace')
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await call('api-trace', '/', { headers: { traceparent, tracestate: 'a=1' } })
    await call('api-trace', '/', { headers: { traceparent: `${traceparent}x`, tracestate: 'a=1' } })
    const sent = seen.map(({ headers }) => [headers.get('traceparent'), headers.get('tracestate')])
    expect(sent[0]).toEqual([expect.stringMatching(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)/), 'a=1'])
    expect(sent[1]).toEqual([expect.stringMatching(/^00-(?!4bf92f3577b34da6a3ce929d0e0e4736)[0-9a-f]{32}-/), null])
  })

  it('is counted by route, method and status', async () => {
    await apiApp('api-counted', { routes: [{ path: '/v1/{id}', methods: ['GET'], auth: 'none' }] })
    for (const id of ['1', '2']) await call('api-counted', `/v1/${id}`)
    const labels = { app: 'api-counted', route: '/v1/{id}', method: 'GET', result: '200' }
    expect(await metric('api_requests_total', labels)).toBe(2)
  })

  it('has its times counted by route', async () => {
    await apiApp('api-timed', { routes: [{ path: '/v1/{id}', methods: ['GET'], auth: 'none' }] })
    for (const id of ['1', '2', '3']) await call('api-timed', `/v1/${id}`)
    const labels = { app: 'api-timed', route: '/v1/{id}' }
    for (const name of ['api_request_milliseconds', 'api_upstream_milliseconds']) {
      expect(await metric(`${name}_count`, labels)).toBe(3)
      expect(await metric(`${name}_bucket`, { ...labels, le: '+Inf' })).toBe(3)
    }
  })

  it('leaves one line of record, with names and numbers and nothing that the caller wrote', async () => {
    const lines: string[] = []
    const spy = vi.spyOn(console, 'log').mockImplementation(line => void lines.push(String(line)))
    onTestFinished(() => spy.mockRestore())
    await apiApp('api-record', {
      labels: { environment: 'production', cost_center: '4711' },
      routes: [{ path: '/v1/{id}', methods: ['POST'], auth: 'none' }],
      answer: () => new Response('made', { status: 201, headers: { 'content-length': '4' } }),
    })
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const headers = { traceparent, authorization: 'Bearer hush', 'content-length': '5' }
    await call('api-record', '/v1/hush?hush=1', { method: 'POST', headers, body: 'hush!' })
    await call('api-record', '/v2/hush')
    const records = await eventually(() => {
      const all = lines.flatMap(text => text.split('\n')).map(line => JSON.parse(line))
      const own = all.filter(({ event, app }) => event === 'request' && app === 'api-record')
      if (own.length < 2) throw new Error('not all are written yet')
      return own
    })
    expect(records).toEqual([
      {
        level: 'info',
        event: 'request',
        requestId: expect.stringMatching(/^[\w-]{36}$/),
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        door: 'apps',
        app: 'api-record',
        owner: 'tess',
        team: 'tests',
        environment: 'production',
        costCenter: '4711',
        route: '/v1/{id}',
        method: 'POST',
        region: 'any',
        status: 201,
        upstream: 'stable',
        tries: 1,
        ms: expect.any(Number),
        verdicts: expect.objectContaining({ registered: 'pass', route: 'pass', bodySize: 'pass', lifecycle: 'pass' }),
        stageMs: expect.any(Object),
        upstreamMs: expect.any(Number),
        bytesIn: 5,
        bytesOut: 4,
      },
      expect.objectContaining({
        status: 404,
        fault: 'route-unknown',
        policy: 'route',
        verdicts: expect.objectContaining({ route: 'deny' }),
      }),
    ])
    expect(lines.join('\n')).not.toMatch(/hush/)
  })

  it('has its headers changed as the route says, both ways', async () => {
    const rules = {
      request: { set: { 'x-tenant': 'acme' }, remove: ['cookie', 'x-debug'] },
      response: { set: { 'cache-control': 'no-store' }, remove: ['server'] },
    }
    const seen = await apiApp('api-headers', {
      routes: [{ path: '/*', methods: ['GET'], auth: 'none', headers: rules }],
      answer: () => new Response('', { headers: { server: 'x', 'cache-control': 'public' } }),
    })
    const sent = { cookie: 'a=b', 'x-tenant': 'evil', x_tenant: 'evil', x_debug: '1' }
    const { headers } = await call('api-headers', '/', { headers: sent })
    expect(Object.keys(sent).map(name => seen[0]?.headers.get(name))).toEqual([null, 'acme', null, null])
    expect([headers.get('cache-control'), headers.has('server')]).toEqual(['no-store', false])
  })
})

describe('a call that leads nowhere', () => {
  const routes = [
    { path: '/v1/places', methods: ['GET', 'POST'], auth: 'none' },
    { path: '/v1/{id}', methods: ['DELETE'], auth: 'none' },
  ]

  it('is refused for an app that is not in the registry', async () => {
    await expectFault(await call('api-nobody', '/'), 'app-unknown', 404)
  })

  it('is refused where the app has no such route', async () => {
    const seen = await apiApp('api-nowhere', { routes })
    for (const path of ['', '/', '/v1', '/v1/places/', '/v1/a/b', '/v1/%70laces', '/v1;a/places']) {
      const problem = await expectFault(await call('api-nowhere', path), 'route-unknown', 404)
      expect(problem.policy).toBe('route')
    }
    expect(seen).toEqual([])
  })

  it.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
    'is refused for %s where the route lacks it, with what it takes',
    async method => {
      await apiApp('api-method', { routes })
      const response = await call('api-method', '/v1/places', { method })
      expect(response.headers.get('allow')).toBe('GET, POST, HEAD')
      await expectFault(response, 'method-denied', 405)
    },
  )

  it('is not: HEAD goes where GET may', async () => {
    const seen = await apiApp('api-head', { routes })
    const response = await call('api-head', '/v1/places', { method: 'HEAD' })
    expect([response.status, seen[0]?.method]).toEqual([200, 'HEAD'])
    expect((await call('api-head', '/v1/x', { method: 'HEAD' })).headers.get('gatehouse-fault')).toBe('method-denied')
  })

  it('is refused once it has gone in a circle, and once the app has expired', async () => {
    await apiApp('api-ended', { spec: { lifecycle: { stage: 'sandbox', ttlDays: 2 } } })
    await expectFault(await call('api-ended', '/', { headers: { 'gatehouse-hops': '4' } }), 'loop-detected', 508)
    moveTimeBy(2 * 86_400_000 + 1)
    await expectFault(await call('api-ended', '/'), 'app-expired', 410)
  })
})

describe('a body', () => {
  it('over the cap is refused by its stated length, the route’s cap before the app’s', async () => {
    const seen = await apiApp('api-body', {
      routes: [
        { path: '/small', methods: ['POST'], auth: 'none', bodyBytes: 10 },
        { path: '/*', methods: ['POST'], auth: 'none' },
      ],
      spec: { limits: { bodyBytes: 100 } },
    })
    const post = (path: string, bytes: number) => call('api-body', path, { method: 'POST', body: 'x'.repeat(bytes) })
    await expectFault(await post('/small', 11), 'body-too-large', 413)
    await expectFault(await post('/large', 101), 'body-too-large', 413)
    expect([(await post('/small', 10)).status, (await post('/large', 100)).status, seen.length]).toEqual([200, 200, 2])
  })

  it('of no stated length is refused as soon as it grows over the cap, while it streams', async () => {
    await apiApp('api-stream', { spec: { limits: { bodyBytes: 1_000 } } })
    const post = (chunks: number) => {
      const body = new ReadableStream({
        start(controller) {
          for (let n = 0; n < chunks; n++) controller.enqueue(new Uint8Array(400))
          controller.close()
        },
      })
      return call('api-stream', '/', { method: 'POST', body })
    }
    expect((await post(2)).status).toBe(200)
    await expectFault(await post(3), 'body-too-large', 413)
  })
})

describe('one origin, many apps', () => {
  it('an app’s answer says nothing for the origin, and nothing in the gateway’s name', async () => {
    const said = {
      'service-worker-allowed': '/',
      'clear-site-data': '"*"',
      'alt-svc': 'h3=":443"',
      'strict-transport-security': 'max-age=1',
      nel: '{"report_to":"a","max_age":60}',
      'report-to': '{"group":"a","max_age":60,"endpoints":[]}',
      'gatehouse-fault': 'internal',
      gatehouse_fault: 'internal',
      'gatehouse-region': 'us',
    }
    await apiApp('origin-said', { answer: () => new Response('', { headers: { ...said, 'x-own': '1' } }) })
    const { headers } = await call('origin-said', '/')
    expect(Object.keys(said).filter(name => headers.has(name))).toEqual([])
    expect(headers.get('x-own')).toBe('1')
  })

  it.each([{ 'service-worker': 'script' }, { 'sec-fetch-dest': 'serviceworker' }])(
    'no service worker is installed: %j',
    async headers => {
      const seen = await apiApp('origin-worker')
      await expectFault(
        await call('origin-worker', '/sw.js', { headers: headers as HeadersInit }),
        'service-worker-denied',
        403,
      )
      expect(seen).toEqual([])
    },
  )
})

describe('an app whose end is near', () => {
  it('says so in its last 30 days, on refusals too, and not before', async () => {
    await apiApp('api-sunset', {
      routes: [{ path: '/a', methods: ['GET'], auth: 'none' }],
      spec: { lifecycle: { stage: 'sandbox', ttlDays: 40 } },
    })
    const expiresMs = Date.now() + 40 * 86_400_000
    expect((await call('api-sunset', '/a')).headers.has('sunset')).toBe(false)
    moveTimeBy(11 * 86_400_000)
    for (const path of ['/a', '/b']) {
      const { headers } = await call('api-sunset', path)
      expect(Math.abs(Date.parse(headers.get('sunset') ?? '') - expiresMs)).toBeLessThan(60_000)
      const since = Number(/^@(\d+)$/.exec(headers.get('deprecation') ?? '')?.[1])
      expect(Math.abs(since * 1000 - (expiresMs - 30 * 86_400_000))).toBeLessThan(60_000)
    }
  })
})

describe('when the app does not do its part', () => {
  it('the fault is the app’s: out of reach, or out of time', async () => {
    const routes = [{ path: '/*', methods: ['GET'], auth: 'none', timeoutMs: 100 }]
    await apiApp('api-down', { routes, answer: () => Promise.reject(new TypeError('refused')) })
    await expectFault(await call('api-down', '/'), 'upstream-unreachable', 502)
    await apiApp('api-slow', { routes, answer: () => new Promise(() => {}) })
    await expectFault(await call('api-slow', '/'), 'upstream-timeout', 504)
  })
})
