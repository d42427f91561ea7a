import { describe, expect, it } from 'vitest'
import { Manifest } from '#core/manifest/schema.ts'
import { documentOf, documentWith, faultsOf } from '../../support/manifests.ts'

describe('the least manifest', () => {
  it('is accepted', () => {
    expect(faultsOf(documentOf())).toEqual([])
  })

  it('gets the defaults that the design names', () => {
    const { metadata, spec } = Manifest.parse(documentOf())
    expect(metadata.labels).toEqual({})
    expect(spec.limits).toEqual({ rate: [], quota: [], bodyBytes: 10 * 1024 * 1024, onError: 'closed' })
    expect(spec.policies).toEqual({})
    expect(spec.webhooks.github).toMatchObject({
      mode: 'queue',
      sign: 'standard',
      dedupe: {},
      retry: { attempts: 12, baseSeconds: 5, maxSeconds: 21_600, maxAgeSeconds: 259_200 },
      delivery: { timeoutMs: 15_000 },
    })
  })

  it.each([
    ['apiVersion', (document: ReturnType<typeof documentOf>) => ({ ...document, apiVersion: undefined })],
    ['kind', (document: ReturnType<typeof documentOf>) => ({ ...document, kind: undefined })],
    ['metadata', (document: ReturnType<typeof documentOf>) => ({ ...document, metadata: undefined })],
    ['spec', (document: ReturnType<typeof documentOf>) => ({ ...document, spec: undefined })],
  ])('is refused without %s', (name, without) => {
    expect(faultsOf(without(documentOf()))).toEqual([`${name}: is required`])
  })

  it.each(['owner', 'lifecycle', 'upstreams'])('is refused without spec.%s', name => {
    expect(faultsOf(documentOf({ [name]: undefined }))).toEqual([`spec.${name}: is required`])
  })

  it.each(['user', 'team', 'contact'])('is refused without spec.owner.%s, or with it empty', name => {
    const owner = { user: 'tess', team: 'tests', contact: '#tests' }
    expect(faultsOf(documentOf({ owner: { ...owner, [name]: undefined } }))).toEqual([
      `spec.owner.${name}: is required`,
    ])
    expect(faultsOf(documentOf({ owner: { ...owner, [name]: '' } }))).toHaveLength(1)
  })
})

describe('an app’s name', () => {
  it.each(['a', 'shop', 'where2eat', 'a-b-c', 'a1-2b', 'x'.repeat(63)])('may be %s', name => {
    expect(faultsOf(documentOf({}, name))).toEqual([])
  })

  it.each(['', 'Shop', '1shop', '-a', 'a-', 'a--b', 'a_b', 'a.b', 'ä', 'a/b', 'a~b', 'a b', 'a\n', 'x'.repeat(64)])(
    'may not be %j',
    name => {
      expect(faultsOf(documentOf({}, name))[0]).toMatch(/^metadata\.name: /)
    },
  )
})

describe('a lifecycle', () => {
  it.each([{ ttlDays: 1 }, { ttlDays: 365 }, { expiresAt: '2027-02-28' }, { expiresAt: '2027-02-28T12:00:00+02:00' }])(
    'may end by %j',
    end => {
      expect(faultsOf(documentOf({ lifecycle: { stage: 'production', ...end } }))).toEqual([])
    },
  )

  it.each([
    { ttlDays: 0 },
    { ttlDays: 1.5 },
    { ttlDays: 366 },
    { ttlDays: '30' },
    { expiresAt: 'soon' },
    { expiresAt: '2027-02-30' },
  ])('may not end by %j', end => {
    expect(faultsOf(documentOf({ lifecycle: { stage: 'production', ...end } }))).toHaveLength(1)
  })

  it('has ttlDays or expiresAt, not both', () => {
    const lifecycle = { stage: 'production', ttlDays: 30, expiresAt: '2027-02-28' }
    expect(faultsOf(documentOf({ lifecycle }))).toEqual([
      'spec.lifecycle.expiresAt: give ttlDays or expiresAt, not both',
    ])
  })
})

describe('a source', () => {
  it('is needed: an app without a way in is refused', () => {
    expect(faultsOf(documentOf({ webhooks: {} }))).toEqual([
      'spec.webhooks: must name at least one source where there is no `api`: an app needs a way in',
    ])
  })

  it('has a name like an app’s', () => {
    const source = { scheme: 'github', secrets: ['current'], path: '/hooks' }
    expect(faultsOf(documentOf({ webhooks: { Git_Hub: source } }))[0]).toMatch(/^spec\.webhooks\.Git_Hub: /)
  })

  it('names its secrets and never holds their values', () => {
    for (const value of ['whsec_C2FVsBQIhrscChlQIMV', 'sk_live_1', 'S3cret', ''])
      expect(faultsOf(documentWith({ secrets: [value] }))[0]).toMatch(/^spec\.webhooks\.own\.secrets\[0\]: /)
    expect(faultsOf(documentWith({ secrets: [] }))).toHaveLength(1)
    expect(faultsOf(documentWith({ secrets: Array.from({ length: 9 }, () => 'a') }))).toHaveLength(1)
  })

  it.each(['/', '/hooks', '/a/b%20c', '/a?b=c&d=/e', '/a/...', '/a.b/'])('may deliver to %s', path => {
    expect(faultsOf(documentWith({ path }))).toEqual([])
  })

  it.each(['', 'hooks', 'https://evil.example/', '/..', '/a/../b', '/%2e%2E/b', '/a/.', '/a b', '/a\\b', '/a#b', '/ä'])(
    'may not deliver to %j',
    path => {
      expect(faultsOf(documentWith({ path }))[0]).toMatch(/^spec\.webhooks\.own\.path: /)
    },
  )

  it.each([
    { retry: { attempts: 0 } },
    { retry: { attempts: 51 } },
    { retry: { maxAgeSeconds: 604_801 } },
    { delivery: { concurrency: 0 } },
    { delivery: { timeoutMs: 99 } },
    { delivery: { timeoutMs: 60_001 } },
    { dedupe: { windowHours: 0 } },
    { toleranceSeconds: 0 },
    { mode: 'sometimes' },
  ])('keeps to the bounds: %j is refused', change => {
    expect(faultsOf(documentWith(change))).toHaveLength(1)
  })
})

it('caps what an app may send at 25 MiB', () => {
  expect(faultsOf(documentOf({ limits: { bodyBytes: 26_214_400 } }))).toEqual([])
  expect(faultsOf(documentOf({ limits: { bodyBytes: 26_214_401 } }))).toHaveLength(1)
  expect(faultsOf(documentOf({ limits: { bodyBytes: 0 } }))).toHaveLength(1)
})
