import { describe, expect, it } from 'vitest'
import { documentOf, faultsOf, remedyAt } from '../../support/manifests.ts'

type Fields = Readonly<Record<string, unknown>>

const route: Fields = { path: '/v1/places', methods: ['GET'], auth: 'none' }
const documentWith = (routes: readonly Fields[], api: Fields = {}) =>
  documentOf({ webhooks: undefined, api: { routes, ...api } })
const faultsWith = (change: Fields) => faultsOf(documentWith([{ ...route, ...change }]))

describe('an app with an API', () => {
  it('needs no webhooks: one way in is enough', () => {
    expect(faultsOf(documentWith([route]))).toEqual([])
  })

  it('needs a route', () => {
    expect(faultsOf(documentWith([]))).toEqual(['spec.api.routes: must have at least 1 item'])
  })

  it('may not have two routes of which a request could mean either', () => {
    const routes = [
      { ...route, path: '/a/{x}', methods: ['GET', 'PUT'] },
      { ...route, path: '/a/{y}', methods: ['POST'] },
      { ...route, path: '/a/{z}', methods: ['PUT'] },
    ]
    expect(faultsOf(documentWith(routes))).toEqual(['spec.api.routes[2].path: takes PUT on the same path as routes[0]'])
  })
})

describe('a route’s path', () => {
  it.each(['/', '/*', '/v1', '/v1/', '/v1/{id}', '/v1/{id}/x/*', '/a.b/~c', '/a%20b', `/${'a/'.repeat(31)}`])(
    'may be %s',
    path => {
      expect(faultsWith({ path })).toEqual([])
    },
  )

  it.each([
    '',
    'v1',
    '/v1*',
    '/*/v1',
    '/v1/**',
    '/v1/{id',
    '/v1/{}',
    '/v1/x{id}',
    '/v1/{1a}',
    '/{a}/{a}',
    '//',
    '/a//b',
    '/a//*',
    '/a/../b',
    '/a..b',
    '/./a',
    '/a/.',
    '/a%2Fb',
    '/a%2eb',
    '/a;b',
    '/a\\b',
    '/a b',
    '/a?b',
    '/a#b',
    '/a%0ab',
    '/a%zz',
    '/é',
    `/${'a/'.repeat(32)}`,
    `/${'a'.repeat(1024)}`,
  ])('may not be %j', path => {
    const faults = faultsWith({ path })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(/^spec\.api\.routes\[0\]\.path: /)
  })
})

describe('a route', () => {
  it.each(['TRACE', 'CONNECT', 'get', ''])('takes no method %j', method => {
    expect(faultsWith({ methods: [method] })).toHaveLength(1)
  })

  it('says who may enter', () => {
    expect(faultsWith({ auth: undefined })).toHaveLength(1)
  })

  it.each([
    ['timeoutMs', 99],
    ['timeoutMs', 120_001],
    ['bodyBytes', -1],
    ['bodyBytes', 26_214_401],
  ])('holds %s to its bounds: not %d', (field, value) => {
    expect(faultsWith({ [field]: value })).toHaveLength(1)
  })

  it.each([
    [{ request: { set: { host: 'x' } } }, 'host is a header of the connection or of the gateway'],
    [
      { request: { set: { 'gatehouse-subject': 'x' } } },
      'gatehouse-subject is a header of the connection or of the gateway',
    ],
    [{ request: { remove: ['connection'] } }, 'connection is a header of the connection or of the gateway'],
    [
      { request: { set: { authorization: 'Bearer x' } } },
      'authorization carries a secret, which has no place in a manifest',
    ],
    [{ response: { set: { 'set-cookie': 'a=b' } } }, 'set-cookie carries a secret, which has no place in a manifest'],
  ])('may not change every header: %j', (headers, reason) => {
    expect(faultsWith({ headers })).toEqual([expect.stringContaining(reason)])
  })

  it.each([{ 'X-Upper': 'x' }, { 'a b': 'x' }, { 'x-a': '' }, { 'x-a': 'a\nb' }, { 'x-a': ' a' }, { 'x-a': 'é' }])(
    'sets no header that HTTP does not know: %j',
    set => {
      expect(faultsWith({ headers: { request: { set } } })).toHaveLength(1)
    },
  )
})

describe('`cors`', () => {
  const faults = (cors: Fields) => faultsOf(documentWith([route], { cors }))

  it.each(['https://portal.example.com', 'http://localhost:5173', 'https://a.example:8443', '*'])(
    'may name %s',
    origin => {
      expect(faults({ origins: [origin] })).toEqual([])
    },
  )

  it.each([
    'portal.example.com',
    'https://a.example/',
    'https://A.example',
    'https://*.a.example/x',
    'null',
    'https://a.example:443',
    '',
  ])('may not name %j', origin => {
    expect(faults({ origins: [origin] })).toEqual(['spec.api.cors.origins[0]: is not an origin'])
    expect(remedyAt(documentWith([route], { cors: { origins: [origin] } }), 'spec.api.cors.origins[0]')).toMatch(
      /^Write scheme/,
    )
  })

  it('may not let every page act with the caller’s cookies', () => {
    expect(faults({ origins: ['*'], credentials: true })).toHaveLength(1)
    expect(faults({ origins: ['https://a.example'], credentials: true })).toEqual([])
  })
})
