import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { egressApp, goOut, tokenOf } from '../support/egress-app.ts'
import { streamOf } from '../support/ports.ts'
import { appAt } from '../support/upstream.ts'

const fault = (response: Response) => response.headers.get('gatehouse-fault')

describe('a request to the outside', () => {
  it('reaches the URL of the path, with method, body and headers, and its answer comes back', async () => {
    const seen = appAt(
      'echo-egress.example.com',
      () => new Response('made', { status: 201, headers: { 'x-of-vendor': 'a', etag: '"1"' } }),
    )
    const token = await egressApp('egress-path', { egress: [{ to: 'POST https://echo-egress.example.com/v1/*' }] })
    const body = '{"a":"ä"}'
    const response = await goOut(token, '/echo-egress.example.com/v1/things?b=c%20d', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-of-app': 'b' },
    })
    expect([response.status, await response.text()]).toEqual([201, 'made'])
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'x-of-vendor': 'a', etag: '"1"' })
    expect(seen[0]).toMatchObject({ url: 'https://echo-egress.example.com/v1/things?b=c%20d', redirect: 'manual' })
    expect(seen[0]?.headers.get('x-of-app')).toBe('b')
    expect(new TextDecoder().decode(seen[0]?.body)).toBe(body)
  })

  it('reaches the URL of `gatehouse-target`, which does not leave', async () => {
    const seen = appAt('header-egress.example.com')
    const token = await egressApp('egress-header', { egress: [{ to: 'https://header-egress.example.com' }] })
    const headers = { 'gatehouse-target': 'https://header-egress.example.com/a?b' }
    expect((await goOut(token, '', { headers })).status).toBe(200)
    expect(seen[0]?.url).toBe('https://header-egress.example.com/a?b')
    expect(seen[0]?.headers.has('gatehouse-target')).toBe(false)
    expect(fault(await goOut(token, '/header-egress.example.com/', { headers }))).toBe('egress-target-invalid')
    expect(fault(await goOut(token, ''))).toBe('egress-target-invalid')
  })

  it('goes over http to localhost where the environment is local and a rule says so', async () => {
    const seen = appAt('localhost')
    const token = await egressApp('egress-local', { egress: [{ to: 'http://localhost:8788/v1/*' }] })
    expect((await goOut(token, '/localhost:8788/v1/a')).status).toBe(200)
    expect(seen[0]?.url).toBe('http://localhost:8788/v1/a')
    expect(fault(await goOut(token, '/localhost:8789/v1/a'))).toBe('egress-denied')
  })

  it.each([
    ['/127.0.0.1/', 'egress-target-invalid'],
    ['/localhost/', 'egress-target-invalid'],
    ['/gate.example/hooks/a/b', 'egress-target-invalid'],
    ['/user@denied-egress.example.com/', 'egress-target-invalid'],
    ['/denied-egress.example.com./', 'egress-target-invalid'],
    ['//denied-egress.example.com/', 'egress-target-invalid'],
    ['/https://denied-egress.example.com/', 'egress-target-invalid'],
    ['/other.example.com/', 'egress-denied'],
    ['/denied-egress.example.com/v2', 'egress-denied'],
    ['/denied-egress.example.com:8443/v1/a', 'egress-denied'],
    ['/denied-egress.example.com/v1/%2fadmin', 'egress-denied'],
  ])('to %s is refused: %s', async (place, code) => {
    const seen = appAt('denied-egress.example.com')
    const token = await egressApp('egress-denied', { egress: [{ to: 'GET https://denied-egress.example.com/v1/*' }] })
    const response = await goOut(token, place)
    expect([fault(response), response.status]).toEqual([code, code === 'egress-denied' ? 403 : 400])
    expect(await response.text()).not.toContain('denied-egress')
    expect(seen).toHaveLength(0)
  })

  it('that comes round a fifth time is a loop', async () => {
    const seen = appAt('loop-egress.example.com')
    const token = await egressApp('egress-loop', { egress: [{ to: 'https://loop-egress.example.com' }] })
    await goOut(token, '/loop-egress.example.com/', { headers: { 'gatehouse-hops': '3' } })
    expect(seen[0]?.headers.get('gatehouse-hops')).toBe('4')
    expect(fault(await goOut(token, '/loop-egress.example.com/', { headers: { 'gatehouse-hops': '4' } }))).toBe(
      'loop-detected',
    )
  })

  it('of an app that is unknown goes nowhere', async () => {
    expect(fault(await goOut(await tokenOf('egress-nobody'), '/example.com/'))).toBe('app-unknown')
  })

  it('with a body over the cap is refused, stated or not', async () => {
    appAt('large-egress.example.com')
    const spec = { limits: { bodyBytes: 10 } }
    const token = await egressApp('egress-large', { egress: [{ to: 'https://large-egress.example.com' }], spec })
    const send = (body: BodyInit) => goOut(token, '/large-egress.example.com/', { method: 'POST', body })
    expect(fault(await send('x'.repeat(11)))).toBe('body-too-large')
    expect(fault(await send(streamOf([utf8Bytes('x'.repeat(6)), utf8Bytes('x'.repeat(6))])))).toBe('body-too-large')
    expect((await send(streamOf([utf8Bytes('x'.repeat(6))]))).status).toBe(200)
  })
})

describe('what leaves', () => {
  it('holds neither the token, nor the connection, nor who forwarded what', async () => {
    const seen = appAt('hygiene.example.com')
    const token = await egressApp('egress-hygiene', { egress: [{ to: 'https://hygiene.example.com' }] })
    const sent = {
      authorization: `Bearer ${token}`,
      'gatehouse-token': token,
      'x-copy': `prefix ${token}`,
      'gatehouse-app': 'x',
      'cf-connecting-ip': '192.0.2.1',
      'x-forwarded-for': '192.0.2.1',
      forwarded: 'for=192.0.2.1',
      'proxy-authorization': 'Basic eA==',
      te: 'trailers',
      connection: 'close, x-hop',
      'x-hop': 'a',
      'accept-encoding': 'gzip',
      'x-kept': 'kept',
      accept: 'application/json',
    }
    await goOut('', '/hygiene.example.com/', { headers: sent })
    const got = Object.fromEntries(seen[0]?.headers ?? [])
    expect(got).toEqual({
      'x-kept': 'kept',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'gatehouse-hops': '1',
    })
  })

  it('in the URL is never the token', async () => {
    const token = await egressApp('egress-url', { egress: [{ to: 'https://url.example.com' }] })
    for (const place of [`?key=${token}`, `${token}`, `?key=${token.replaceAll('.', '%2e')}`])
      expect(fault(await goOut(token, `/url.example.com/${place}`))).toBe('egress-target-invalid')
  })

  it('of the answer loses what only the gateway may say', async () => {
    const headers = {
      'gatehouse-fault': 'forged',
      'clear-site-data': '"*"',
      'alt-svc': 'h3=":443"',
      'strict-transport-security': 'max-age=1',
      'service-worker-allowed': '/',
      'access-control-allow-origin': '*',
      'x-kept': 'kept',
    }
    appAt('answer.example.com', () => new Response('ok', { headers }))
    const token = await egressApp('egress-answer', { egress: [{ to: 'https://answer.example.com' }] })
    const got = Object.fromEntries((await goOut(token, '/answer.example.com/')).headers)
    expect(Object.keys(headers).filter(name => name in got)).toEqual(['x-kept'])
  })
})

describe('shadow mode', () => {
  it('of the app lets pass what no rule allows, without a credential, but no URL that is none', async () => {
    const seen = appAt('shadow.example.com')
    const spec = { policies: { allowList: { mode: 'shadow' } } }
    const token = await egressApp('egress-shadow', { egress: [{ to: 'GET https://shadow.example.com/v1/*' }], spec })
    expect((await goOut(token, '/shadow.example.com/v2')).status).toBe(200)
    expect(seen).toHaveLength(1)
    expect(fault(await goOut(token, '/127.0.0.1/'))).toBe('egress-target-invalid')
  })

  it('of a rule lets pass what matches it, without its credential', async () => {
    const seen = appAt('watched.example.com')
    const rule = { to: 'https://watched.example.com', mode: 'shadow', credential: { secret: 'key', as: 'bearer' } }
    const token = await egressApp('egress-watched', { egress: [rule], secrets: { key: 'watched-secret' } })
    expect((await goOut(token, '/watched.example.com/')).status).toBe(200)
    expect(seen[0]?.headers.has('authorization')).toBe(false)
  })

  it('off: the rule is as if not there', async () => {
    const token = await egressApp('egress-off', { egress: [{ to: 'https://off.example.com', mode: 'off' }] })
    expect(fault(await goOut(token, '/off.example.com/'))).toBe('egress-denied')
  })
})

it('a limit of the app holds on the way out too, and every answer tells of it', async () => {
  appAt('limited.example.com')
  const spec = { limits: { rate: [{ name: 'out', limit: 2, windowSeconds: 60 }] } }
  const token = await egressApp('egress-limited', { egress: [{ to: 'https://limited.example.com' }], spec })
  const answers = []
  for (let n = 0; n < 3; n++) answers.push(await goOut(token, '/limited.example.com/'))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(answers.map(({ headers }) => headers.get('ratelimit-policy'))).toEqual(Array(3).fill('"out";q=2;w=60'))
})
