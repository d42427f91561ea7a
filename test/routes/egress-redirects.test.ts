import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { streamOf } from '../support/ports.ts'
import { appAt, type Seen } from '../support/upstream.ts'

const fault = (response: Response) => response.headers.get('gatehouse-fault')
const to = (location: string, status = 302) => new Response(null, { status, headers: { location } })
const pathOf = ({ url }: Seen) => new URL(url).pathname

describe('a redirect', () => {
  it('within the rules is followed, each hop with the credential of its own rule or none', async () => {
    const first = appAt('from.example.com', ({ url }) =>
      url.endsWith('/a') ? to('/b') : to('https://onto.example.com/c?d'),
    )
    const second = appAt('onto.example.com', () => new Response('there'))
    const bearer = { secret: 'key', as: 'bearer' }
    const token = await egressApp('redirect-hops', {
      egress: [
        { to: 'https://from.example.com', credential: bearer },
        { to: 'https://onto.example.com', credential: { secret: 'other', as: 'header', name: 'x-api-key' } },
      ],
      secrets: { key: 'first-secret', other: 'second-secret' },
    })
    const headers = { cookie: 'session=1', 'x-of-app': 'a' }
    const response = await goOut(token, '/from.example.com/a', { headers })
    expect([response.status, await response.text()]).toEqual([200, 'there'])
    expect(first.map(pathOf)).toEqual(['/a', '/b'])
    expect(first.map(({ headers }) => headers.get('authorization'))).toEqual(Array(2).fill('Bearer first-secret'))
    expect(first.map(({ headers }) => headers.get('cookie'))).toEqual(Array(2).fill('session=1'))
    expect(second[0]?.url).toBe('https://onto.example.com/c?d')
    expect(Object.fromEntries(second[0]?.headers ?? [])).toEqual({
      'accept-encoding': 'identity',
      'gatehouse-hops': '1',
      'x-api-key': 'second-secret',
      'x-of-app': 'a',
    })
  })

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    'http://strict.example.com/v1/x',
    'https://strict.example.com:8443/v1/x',
    'https://strict.example.com/v2',
    'https://169.254.169.254/latest/meta-data',
    'https://gate.example/egress/strict.example.com/v1/x',
  ])('to %s is refused, and nothing is fetched there', async location => {
    const seen = appAt('strict.example.com', () => to(location))
    const evil = appAt('evil.example')
    const token = await egressApp('redirect-denied', { egress: [{ to: 'https://strict.example.com/v1/*' }] })
    const response = await goOut(token, '/strict.example.com/v1/a')
    expect([fault(response), response.status]).toEqual(['egress-denied', 403])
    expect([seen.length, evil.length]).toEqual([1, 0])
  })

  it('is followed five times; the sixth is refused', async () => {
    const seen = appAt('round.example.com', ({ url }) => {
      const n = Number(new URL(url).pathname.slice(1))
      return n === 0 ? new Response('end') : to(`/${n - 1}`)
    })
    const token = await egressApp('redirect-many', { egress: [{ to: 'https://round.example.com' }] })
    expect((await goOut(token, '/round.example.com/5')).status).toBe(200)
    expect(seen).toHaveLength(6)
    expect(fault(await goOut(token, '/round.example.com/6'))).toBe('egress-denied')
    expect(seen).toHaveLength(12)
  })

  it('goes to the app where the rule says so', async () => {
    const seen = appAt('handed.example.com', () => to('https://evil.example/'))
    const token = await egressApp('redirect-handed', {
      egress: [{ to: 'https://handed.example.com', followRedirects: false }],
    })
    const response = await goOut(token, '/handed.example.com/')
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://evil.example/'])
    expect(seen).toHaveLength(1)
  })

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [302, 'HEAD', 'HEAD'],
    [307, 'GET', 'GET'],
  ])('%i turns %s into %s', async (status, method, after) => {
    const name = `method-${status}-${method.toLowerCase()}`
    const seen = appAt(`${name}.example.com`, ({ url }) => (url.endsWith('/a') ? to('/b', status) : new Response('ok')))
    const token = await egressApp(name, { egress: [{ to: `https://${name}.example.com` }] })
    const body = ['POST', 'PUT'].includes(method) ? 'body' : null
    expect((await goOut(token, `/${name}.example.com/a`, { method, body })).status).toBe(200)
    expect(seen.map(one => one.method)).toEqual([method, after])
    expect(seen[1]?.body).toHaveLength(0)
    expect(seen[1]?.headers.has('content-type')).toBe(false)
  })

  it('that needs a body which has already streamed goes to the app', async () => {
    const seen = appAt('streamed.example.com', () => to('/b', 307))
    const token = await egressApp('redirect-streamed', { egress: [{ to: 'https://streamed.example.com' }] })
    const body = streamOf([utf8Bytes('once')])
    const response = await goOut(token, '/streamed.example.com/a', { method: 'POST', body })
    expect([response.status, response.headers.get('location')]).toEqual([307, '/b'])
    expect(seen).toHaveLength(1)
  })

  it('carries a body along that is in memory, since its proof covers it', async () => {
    const seen = appAt('signed.example.com', ({ url }) => (url.endsWith('/a') ? to('/b', 308) : new Response('ok')))
    const credential = {
      secret: 'key',
      as: 'hmac',
      name: 'x-sig',
      algorithm: 'hmac-sha256',
      encoding: 'hex',
      signed: '{path}{body}',
    }
    const token = await egressApp('redirect-signed', {
      egress: [{ to: 'https://signed.example.com', credential }],
      secrets: { key: 'the-hmac-key' },
    })
    expect((await goOut(token, '/signed.example.com/a', { method: 'POST', body: 'twice' })).status).toBe(200)
    expect(seen.map(({ body }) => new TextDecoder().decode(body))).toEqual(['twice', 'twice'])
    const signatures = seen.map(({ headers }) => headers.get('x-sig'))
    expect(new Set(signatures).size).toBe(2)
  })
})
