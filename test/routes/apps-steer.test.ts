import { describe, expect, it } from 'vitest'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { metric } from '../support/metrics.ts'
import { moveTimeBy } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

const breaker = { failurePercent: 50, minRequests: 4, windowSeconds: 30, openSeconds: 20 }
const routes = [{ path: '/*', methods: ['GET', 'POST', 'PUT'], auth: 'none' }]

async function answersOf(app: string, count: number, init: RequestInit = {}): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < count; n++) statuses.push((await call(app, '/', init)).status)
  return statuses
}

describe('an app that is down', () => {
  it('is left alone, then asked once, and back when that succeeds', async () => {
    let status = 500
    const seen = await apiApp('steer-down', { spec: { breaker }, answer: () => new Response('', { status }) })
    expect(await answersOf('steer-down', 4)).toEqual([500, 500, 500, 500])
    const refused = await call('steer-down', '/')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(15)
    await expectFault(refused, 'breaker-open', 503)
    expect(seen).toHaveLength(4)
    moveTimeBy(20_001)
    expect((await call('steer-down', '/')).status).toBe(500)
    await expectFault(await call('steer-down', '/'), 'breaker-open', 503)
    status = 200
    moveTimeBy(20_001)
    expect(await answersOf('steer-down', 3)).toEqual([200, 200, 200])
    expect(await metric('upstream_changes_total', { app: 'steer-down', change: 'closed' })).toBe(1)
  })

  it('is none by what callers do wrong', async () => {
    await apiApp('steer-caller', { spec: { breaker }, answer: () => new Response('', { status: 404 }) })
    expect(await answersOf('steer-caller', 8)).toEqual(Array(8).fill(404))
  })

  it('is asked on while the policy is off or in shadow', async () => {
    for (const mode of ['off', 'shadow']) {
      const spec = { breaker, policies: { circuitBreaker: { mode } } }
      await apiApp(`steer-${mode}`, { spec, answer: () => new Response('', { status: 500 }) })
      expect(await answersOf(`steer-${mode}`, 6)).toEqual(Array(6).fill(500))
    }
  })
})

describe('what could not be delivered', () => {
  it('is nothing that was answered, be it with a status that is none: the app is not asked twice', async () => {
    // what `fetch` hands on as it came, nobody can construct
    const odd = { status: 777, headers: new Headers(), body: null } as Response
    const seen = await apiApp('steer-odd', { routes, answer: () => odd })
    await expectFault(await call('steer-odd', '/'), 'upstream-failed', 502)
    expect(seen).toHaveLength(1)
  })

  it('is sent once more where it may be repeated', async () => {
    const reset = () => Promise.reject(new TypeError('reset'))
    const answers = [reset, () => new Response('second'), reset, () => new Response('put')]
    const seen = await apiApp('steer-again', {
      routes,
      answer: () => answers[seen.length - 1]?.() ?? new Response('more'),
    })
    expect(await (await call('steer-again', '/')).text()).toBe('second')
    expect(seen).toHaveLength(2)
    expect(await (await call('steer-again', '/', { method: 'PUT', body: 'small' })).text()).toBe('put')
    expect(seen.slice(2).map(({ body }) => new TextDecoder().decode(body))).toEqual(['small', 'small'])
    expect(await metric('api_retries_total', { app: 'steer-again' })).toBe(2)
  })

  it('is not where it may not, nor what was answered', async () => {
    let mayFail = true
    const seen = await apiApp('steer-once', {
      routes,
      answer: () => (mayFail ? Promise.reject(new TypeError('reset')) : new Response('', { status: 503 })),
    })
    await expectFault(await call('steer-once', '/', { method: 'POST' }), 'upstream-unreachable', 502)
    const streamed = { method: 'PUT', body: 'x'.repeat(65_537) }
    await expectFault(await call('steer-once', '/', streamed), 'upstream-unreachable', 502)
    expect(seen).toHaveLength(2)
    mayFail = false
    expect((await call('steer-once', '/')).status).toBe(503)
    expect(seen).toHaveLength(3)
  })
})

describe('a roll-out', () => {
  const upstreams = (app: string) => [
    { name: 'stable', url: `https://${app}.example.com` },
    { name: 'canary', url: `https://${app}-next.example.com` },
  ]

  it('sends testers to the canary by header, and everybody else by their share', async () => {
    const canary = { percent: 0, header: 'x-release' }
    await apiApp('steer-canary', { spec: { upstreams: upstreams('steer-canary'), rollout: { canary } } })
    const seen = appAt('steer-canary-next.example.com', () => new Response('next'))
    expect(await (await call('steer-canary', '/')).text()).toBe('ok')
    const tested = await call('steer-canary', '/a', { headers: { 'x-release': 'canary' } })
    expect([await tested.text(), seen[0]?.url]).toEqual(['next', 'https://steer-canary-next.example.com/a'])
    expect(await metric('api_requests_total', { app: 'steer-canary', upstream: 'canary' })).toBe(1)
  })

  it('is called off when the canary fails more than stable does, and testers still reach it', async () => {
    const canary = { percent: 100, header: 'x-release', abortMarginPercent: 10 }
    const spec = {
      upstreams: upstreams('steer-abort'),
      rollout: { canary },
      breaker: { ...breaker, failurePercent: 100 },
    }
    await apiApp('steer-abort', { spec })
    appAt('steer-abort-next.example.com', ({ url }) => new Response('', { status: url.endsWith('/bad') ? 500 : 200 }))
    for (const path of ['/', '/', '/bad']) await call('steer-abort', path)
    expect((await call('steer-abort', '/bad')).status).toBe(500)
    expect(await answersOf('steer-abort', 3)).toEqual([200, 200, 200])
    expect(await metric('api_requests_total', { app: 'steer-abort', upstream: 'stable' })).toBe(3)
    const tested = await call('steer-abort', '/bad', { headers: { 'x-release': 'canary' } })
    expect(tested.status).toBe(500)
    expect(await metric('upstream_changes_total', { app: 'steer-abort', change: 'called-off' })).toBe(1)
  })
})

describe('a region', () => {
  const upstreams = ['eu', 'us'].map(region => ({ name: 'stable', region, url: `https://steer-${region}.example.com` }))

  it('picks the upstream, and is told to the app and the caller', async () => {
    const residency = { regions: ['eu', 'us'], by: { header: 'x-region' }, default: 'eu' }
    await apiApp('steer-region', { spec: { residency, upstreams } })
    const eu = appAt('steer-eu.example.com', () => new Response('eu'))
    const us = appAt('steer-us.example.com', () => new Response('us', { headers: { 'gatehouse-region': 'eu' } }))
    const american = await call('steer-region', '/', { headers: { 'x-region': 'us', 'gatehouse-region': 'eu' } })
    expect([await american.text(), american.headers.get('gatehouse-region')]).toEqual(['us', 'us'])
    expect(await (await call('steer-region', '/')).text()).toBe('eu')
    expect([eu, us].map(([first]) => first?.headers.get('gatehouse-region'))).toEqual(['eu', 'us'])
    await expectFault(await call('steer-region', '/', { headers: { 'x-region': 'apac' } }), 'region-denied', 451)
  })

  it('may be named by the body, which still arrives whole', async () => {
    const residency = { regions: ['eu', 'us'], by: { pointer: '/account/region' } }
    await apiApp('steer-pointer', { spec: { residency, upstreams } })
    const us = appAt('steer-us.example.com', () => new Response('us'))
    const body = JSON.stringify({ account: { region: 'us' } })
    const answer = await call('steer-pointer', '/', { method: 'POST', body })
    expect([await answer.text(), new TextDecoder().decode(us[0]?.body)]).toEqual(['us', body])
    await expectFault(await call('steer-pointer', '/', { method: 'POST', body: '{}' }), 'region-denied', 451)
  })
})
