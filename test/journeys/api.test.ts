import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { type ApiUpstream, startApiUpstream } from '../support/node/api-upstream.ts'
import { type Started, startGatehouse, temporaryFolder, until, write } from '../support/node/gateway.ts'
import { raw, rawGet, rawOpen } from '../support/node/raw.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let app: ApiUpstream
let gateway: Started

beforeAll(async () => {
  folder = await temporaryFolder()
  app = await startApiUpstream()
  const manifest = `
apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: live }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  hosts: [live.localhost]
  upstreams: [{ name: stable, url: "http://127.0.0.1:${app.port}" }]
  api:
    routes:
      - { path: /v1/places, methods: [GET, POST], auth: none }
      - { path: "/v1/{id}", methods: [GET], auth: none }
      - { path: /v1/admin, methods: [GET], auth: none }
      - { path: /stream/*, methods: [GET, POST], auth: none, bodyBytes: 2000000 }
`
  const held = `
apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: held }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "http://127.0.0.1:${app.port}" }]
  api:
    routes:
      - { path: /*, methods: [GET], auth: none }
      - { path: /held/late, methods: [POST], auth: none, idempotency: required }
  limits: { concurrency: 1 }
`
  const watched = (name: string) => `
apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: ${name} }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "http://127.0.0.1:${app.port}" }]
  api: { routes: [{ path: /*, methods: [GET, POST], auth: none, timeoutMs: 300 }] }
  breaker: { failurePercent: 50, minRequests: 2, windowSeconds: 30, openSeconds: 60 }
`
  await write(folder.path, {
    'registry/live.yaml': manifest,
    'registry/held.yaml': held,
    'registry/watched.yaml': watched('watched'),
    'registry/hung.yaml': watched('hung'),
  })
  const registry = ['--registry', join(folder.path, 'registry'), '--state', join(folder.path, 'state')]
  gateway = await startGatehouse([...registry, '--port', String(await freePort()), '--no-samples'])
}, 360_000)

afterAll(async () => {
  await gateway?.stop()
  app?.stop()
  await folder?.[Symbol.asyncDispose]()
})

describe('what comes over the wire', () => {
  it('is matched and passed on as it was sent, and what could be read in two ways reaches no app', async () => {
    const before = app.seen.length
    expect(await rawGet(gateway.url, '/apps/live/v1/places?a=%2F../b')).toBe('200')
    expect(app.seen.slice(before)).toEqual(['GET /v1/places?a=%2F../b'])
    const refused = [
      '/apps/live/v1/../v1/admin',
      '/apps/live/v1/%2e%2e/admin',
      '/apps/live/stream/a%2fb',
      '/apps/live/stream/a//b',
      '/apps/live/stream/..;/admin',
      '/apps/live/v1/%61dmin',
      '/apps/live/v1/./admin',
      '//apps/live/v1/places',
      '/x/../apps/live/v1/places',
    ]
    for (const path of refused) expect([path, await rawGet(gateway.url, path)]).toEqual([path, '404 route-unknown'])
    expect(app.seen).toHaveLength(before + 1)
  })

  it('reaches an app past the emulator, which would add a header of its own', async () => {
    await raw(
      gateway.url,
      'GET /apps/live/v1/places HTTP/1.1\r\nhost: gate.example\r\nx-own: a\r\nconnection: close\r\n\r\n',
    )
    expect(app.lastHeaders()).toMatchObject({ 'x-own': 'a', 'gatehouse-hops': '1' })
    expect(app.lastHeaders()).not.toHaveProperty('cf-worker')
  })

  it.each([
    ['a second host', 'host: gate.example\r\nhost: evil.example\r\n', '400 request-invalid'],
    ['two lengths', 'host: gate.example\r\ncontent-length: 1\r\ncontent-length: 2\r\n', '400'],
  ])('never reaches an app under %s that only one of two parsers would see', async (_, headers, refusal) => {
    const before = app.seen.length
    expect(await rawGet(gateway.url, '/apps/live/v1/places', headers)).toBe(refusal)
    expect(app.seen).toHaveLength(before)
  })

  it('is the app’s whatever its path, at a host of the app’s own, by its Host header alone', async () => {
    for (const host of ['live.localhost', 'LIVE.LocalHost:8787', 'live.localhost.'])
      expect([host, await rawGet(gateway.url, '/v1/places', `host: ${host}\r\n`)]).toEqual([host, '200'])
    const own = 'host: live.localhost\r\n'
    for (const path of ['/healthz', '/hooks/live/x', '/admin/v1/apps', '/apps/live/v1/places'])
      expect([path, await rawGet(gateway.url, path, own)]).toEqual([path, '404 route-unknown'])
    for (const path of ['/v1/../v1/admin', '//v1/places', '/stream/a%2fb', '/stream/..;/admin'])
      expect([path, await rawGet(gateway.url, path, own)]).toEqual([path, '404 route-unknown'])
    const forwarded = 'host: gate.example\r\nx-forwarded-host: live.localhost\r\nforwarded: host=live.localhost\r\n'
    expect(await rawGet(gateway.url, '/v1/places', forwarded)).toBe('404 route-unknown')
  })

  it('goes to the path of its request line: a Host header that holds one is refused', async () => {
    const before = app.seen.length
    for (const host of ['gate.example/apps/live/v1/places?', 'gate.example#', 'a@gate.example', 'a\\b'])
      expect([host, await rawGet(gateway.url, '/apps/held/x', `host: ${host}\r\n`)]).toEqual([
        host,
        '400 request-invalid',
      ])
    expect(app.seen).toHaveLength(before)
  })

  it('keeps its method, whatever a header says', async () => {
    const headers = 'host: gate.example\r\nx-http-method-override: DELETE\r\n'
    expect(await rawGet(gateway.url, '/apps/live/v1/places', headers)).toBe('200')
    expect(app.seen.at(-1)).toBe('GET /v1/places')
    expect(app.lastHeaders()['x-http-method-override']).toBeUndefined()
  })

  it('has its length and its transfer coding judged as one: a body over the cap does not get through by either', async () => {
    const chunk = `${(1_000_000).toString(16)}\r\n${'x'.repeat(1_000_000)}\r\n`
    const head = 'POST /apps/live/stream/x HTTP/1.1\r\nhost: g\r\nconnection: close\r\ntransfer-encoding: chunked\r\n'
    expect(await raw(gateway.url, `${head}\r\n${chunk}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200[\s\S]*"bytes":1000000/)
    const over = await raw(gateway.url, `${head}\r\n${chunk.repeat(3)}0\r\n\r\n`)
    expect(over).not.toMatch(/"bytes":3000000/)
  })
})

describe('an app is not left alone for what its callers do', () => {
  const head = (app: string, method = 'POST') => `${method} /apps/${app}/x HTTP/1.1\r\nhost: g\r\nconnection: close\r\n`
  const answerOf = async (text: string) => {
    const answer = await raw(gateway.url, text)
    return /\r\ngatehouse-fault: (\S+)/i.exec(answer)?.[1] ?? answer.slice(9, 12)
  }

  it.each([
    ['a body with GET', () => `${head('watched', 'GET')}content-length: 5\r\n\r\nhello`, 'request-invalid'],
    [
      'a body with GET, in chunks',
      () => `${head('watched', 'GET')}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      'request-invalid',
    ],
    ['a large body that stops', () => `${head('watched')}content-length: 500000\r\n\r\nhello`, 'upstream-timeout'],
    [
      'chunks that stop',
      () => `${head('watched')}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      'upstream-timeout',
    ],
  ])('%s', async (_, request, fault) => {
    for (let n = 0; n < 4; n++) expect(await answerOf(request())).toBe(fault)
    expect(await answerOf(`${head('watched', 'GET')}\r\n`)).toBe('200')
  })

  it('but for what it does itself', async () => {
    const hang = `${head('hung').replace('/x', '/held/never')}content-length: 5\r\n\r\nhello`
    for (let n = 0; n < 2; n++) expect(await answerOf(hang)).toBe('upstream-timeout')
    expect(await answerOf(hang)).toBe('breaker-open')
  })
})

describe('what streams', () => {
  it('arrives as it is sent: the first event before the last is there', async () => {
    const response = await fetch(`${gateway.url}/apps/live/stream/events`)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const startedMs = performance.now()
    expect((await reader?.read())?.value).toBe('data: first\n\n')
    const firstMs = performance.now() - startedMs
    expect((await reader?.read())?.value).toBe('data: last\n\n')
    expect(performance.now() - startedMs - firstMs).toBeGreaterThan(300)
  })

  it('stays compressed on its way', async () => {
    const response = await fetch(`${gateway.url}/apps/live/stream/gzip`, { headers: { 'accept-encoding': 'gzip' } })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(await response.text()).toBe('squeezed '.repeat(1_000))
  })

  it('may be a WebSocket', async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/apps/live/stream/socket`)
    const said = await new Promise((resolve, reject) => {
      socket.addEventListener('open', () => socket.send('hello'))
      socket.addEventListener('message', ({ data }) => resolve(data))
      socket.addEventListener('error', () => reject(new Error('the socket failed')))
    })
    socket.close()
    expect(said).toBe('hello')
    expect(app.seen.at(-1)).toBe('UPGRADE /stream/socket')
  })
})

describe('a caller who breaks the connection', () => {
  const arrived = (url: string) => until(`${url} is there`, async () => app.seen.some(one => one.endsWith(url)))
  const ask = (path: string) => rawGet(gateway.url, `/apps/held${path}`)

  it.each(['/held/never', '/held/silent'])('gives up the app and the slot at once: %s', async url => {
    const caller = rawOpen(gateway.url, `GET /apps/held${url} HTTP/1.1\r\nhost: gate.example\r\n\r\n`)
    await arrived(url)
    // what the app has begun to answer has to reach the caller first; and nobody is watched from the beginning
    await new Promise(resolve => setTimeout(resolve, 400))
    expect(await ask('/quick')).toBe('429 concurrency-exceeded')
    caller.resetAndDestroy()
    await until('the app is left', async () => app.left.includes(url), 5_000)
    await until('the slot is free', async () => (await ask('/quick')) === '200', 5_000)
  })

  it('finds the answer under its Idempotency-Key when it comes again: the app is not left half-way', async () => {
    const request = 'POST /apps/held/held/late HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\ncontent-length: 0\r\n'
    const caller = rawOpen(gateway.url, `${request}\r\n`)
    await arrived('/held/late')
    await new Promise(resolve => setTimeout(resolve, 400))
    caller.resetAndDestroy()
    const again = await until(
      'the answer is kept',
      async () => {
        const answer = await raw(gateway.url, `${request}connection: close\r\n\r\n`)
        return /^HTTP\/1\.1 200/.test(answer) && answer
      },
      10_000,
    )
    expect(again).toMatch(/gatehouse-replayed: true[\s\S]*\bmade\b/i)
    expect(app.seen.filter(one => one === 'POST /held/late')).toHaveLength(1)
    expect(app.left).not.toContain('/held/late')
  })
})
