import { describe, expect, it } from 'vitest'
import { differences } from '#core/change/differences.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { documentOf } from '../../support/manifests.ts'

type Spec = Readonly<Record<string, unknown>>

const manifest = (spec: Spec) => Manifest.parse(documentOf(spec))

/** What a change from one spec to another widens, and what it narrows, as `area: what`. */
function told(before: Spec | undefined, after: Spec) {
  const all = differences(before && manifest(before), manifest(after))
  const of = (wanted: string) =>
    all.filter(({ effect }) => effect === wanted).map(({ area, what }) => `${area}: ${what}`)
  return { widens: of('widens'), narrows: of('narrows') }
}

const issuer = { issuer: 'https://idp.example.com', audiences: ['shop'], algorithms: ['ES256'] }
const api = (...routes: Spec[]) => ({ api: { issuers: [issuer], routes } })
const places = { path: '/v1/places', methods: ['GET'], scopes: ['places:read'] }
const model = 'POST https://api.openai.com/v1/chat'
const masking = { entities: ['EMAIL', 'CREDIT_CARD'] }

it('is nothing where nothing but the layout changed', () => {
  expect(told(api(places), api({ scopes: ['places:read'], methods: ['GET'], path: '/v1/places' }))).toEqual({
    widens: [],
    narrows: [],
  })
})

it('says of a new app all that it opens', () => {
  expect(told(undefined, { ...api(places), egress: [{ to: model }] }).widens).toEqual(
    expect.arrayContaining([
      'entry: calls of GET /v1/places',
      'entry: tokens of https://idp.example.com',
      'entry: webhooks of github, signed by github',
      'egress: the way to POST https://api.openai.com/v1/chat',
      'residency: payloads in the region any',
    ]),
  )
})

describe('who may newly enter', () => {
  const open = { path: '/v1/places', methods: ['GET'], auth: 'none' }
  const wide = { path: '/v1/*', methods: ['GET'], scopes: ['read'] }
  it.each<[string, Spec, Spec, string]>([
    ['a route', api(places), api(places, { ...places, path: '/v1/x' }), 'entry: calls of GET /v1/x'],
    ['a method', api(places), api({ ...places, methods: ['GET', 'POST'] }), 'entry: calls of POST /v1/places'],
    ['a route without a token', api(places), api(open), 'entry: calls of GET /v1/places: a token: yes → no'],
    [
      'a scope that is no longer asked for',
      api(places),
      api({ ...places, scopes: [] }),
      'entry: calls of GET /v1/places: the scope places:read: yes → no',
    ],
    [
      'a route that is taken away and leaves its path to a wider one',
      api(places, wide),
      api(wide),
      'entry: calls of GET /v1/places: the scope places:read: yes → no',
    ],
    [
      'a narrow route put into a wider one',
      api(wide),
      api(wide, open),
      'entry: calls of GET /v1/places: the scope read: yes → no',
    ],
    [
      'more of a path than one segment',
      api({ ...places, path: '/v1/{id}' }),
      api({ ...places, path: '/v1/*' }),
      'entry: calls of GET /v1/*',
    ],
    [
      'an issuer',
      api(places),
      { api: { issuers: [issuer, { ...issuer, issuer: 'https://b.example.com' }], routes: [places] } },
      'entry: tokens of https://b.example.com',
    ],
    [
      'an audience',
      api(places),
      { api: { issuers: [{ ...issuer, audiences: ['shop', 'all'] }], routes: [places] } },
      'entry: tokens of https://idp.example.com for all',
    ],
    [
      'keys from elsewhere',
      api(places),
      { api: { issuers: [{ ...issuer, jwksUri: 'https://b.example.com/keys' }], routes: [places] } },
      'entry: tokens of https://idp.example.com, their keys at https://b.example.com/keys',
    ],
    [
      'tokens bound to nothing',
      { api: { issuers: [{ ...issuer, dpop: 'required' }], routes: [places] } },
      { api: { issuers: [{ ...issuer, dpop: 'optional' }], routes: [places] } },
      'entry: tokens of https://idp.example.com: bound to a key of the caller: yes → no',
    ],
    [
      'pages of another origin',
      api(places),
      { api: { issuers: [issuer], routes: [places], cors: { origins: ['https://p.example.com'] } } },
      'entry: calls from pages of https://p.example.com',
    ],
    [
      'a vendor',
      {},
      {
        webhooks: {
          github: { scheme: 'github', secrets: ['current'], path: '/hooks' },
          stripe: { scheme: 'stripe', secrets: ['s'], path: '/in' },
        },
      },
      'entry: webhooks of stripe, signed by stripe',
    ],
    [
      'a vendor who signs another way',
      {},
      { webhooks: { github: { scheme: 'svix', secrets: ['current'], path: '/hooks' } } },
      'entry: webhooks of github, signed by svix',
    ],
    [
      'a host',
      api(places),
      { ...api(places), hosts: ['shop.example.org'] },
      'entry: calls at the host shop.example.org',
    ],
    [
      'a workload',
      {},
      { identity: [{ issuer: 'https://ci.example.com', subject: 'job' }] },
      'entry: the workload job of https://ci.example.com, for gatehouse:egress, acting as the app',
    ],
  ])('%s', (_, before, after, what) => {
    expect(told(before, after).widens).toContain(what)
    expect(told(after, before).narrows.concat(told(after, before).widens)).not.toEqual([])
  })
})

describe('which hosts newly open', () => {
  const to = (...rules: string[]) => ({ egress: rules.map(text => ({ to: text })) })
  it.each<[string, string[], string[], string[]]>([
    ['a host', ['https://a.example.com'], ['https://a.example.com', 'https://b.example.com'], ['b.example.com']],
    ['a method', ['GET https://a.example.com/v1'], ['GET,POST https://a.example.com/v1'], ['POST https']],
    ['any method', ['GET https://a.example.com/v1'], ['https://a.example.com/v1'], ['any method']],
    ['a wider path', ['https://a.example.com/v1/*'], ['https://a.example.com/*'], ['example.com/*']],
    ['a path within a wider one', ['https://a.example.com/*'], ['https://a.example.com/v1/*'], []],
    ['a host within a wider one', ['https://**.example.com'], ['https://a.example.com'], []],
    ['one label more', ['https://*.example.com'], ['https://**.example.com'], ['**.example.com']],
    ['any label', ['https://a.example.com', 'https://b.example.com'], ['https://*.example.com'], ['*.example.com']],
  ])('%s', (_, before, after, parts) => {
    const { widens } = told(to(...before), to(...after))
    for (const part of parts) expect(widens).toContainEqual(expect.stringContaining(part))
    if (parts.length === 0) expect(widens).toEqual([])
  })

  it('a rule that was off, a credential that is newly shown, a model, and all hosts while the allow-list is in shadow', () => {
    expect(told({ egress: [{ to: model, mode: 'off' }] }, { egress: [{ to: model }] }).widens).toEqual(
      expect.arrayContaining([expect.stringContaining('the way to POST https://api.openai.com')]),
    )
    const credential = { as: 'bearer', secret: 'openai-key' }
    expect(told({ egress: [{ to: model }] }, { egress: [{ to: model, credential }] }).widens).toEqual([
      `egress: the secret openai-key as bearer to ${model}`,
    ])
    const asking = (...models: string[]) => ({ egress: [{ to: model, guards: { models } }] })
    expect(told(asking('small'), asking('small', 'large')).widens).toEqual([`egress: the model large at ${model}`])
    expect(told({}, { policies: { allowList: { mode: 'shadow' } } }).widens).toEqual([
      'egress: policies: allowList: enforce → shadow',
    ])
  })
})

describe('what is no longer masked', () => {
  const out = (rule?: Spec, more: Spec[] = []) => ({ egress: [{ to: model, ...(rule && { masking: rule }) }, ...more] })
  it('a type, a field, a weaker action, and a rule that is gone', () => {
    expect(told(out(masking), out({ entities: ['EMAIL'] })).widens).toEqual([
      `masking: the way to ${model}: CREDIT_CARD: redact → no`,
    ])
    expect(told(out({ ...masking, fields: { '/a/*': 'redact' } }), out(masking)).widens).toHaveLength(1)
    expect(told(out(masking), out({ ...masking, action: 'mask' })).widens).toHaveLength(2)
    expect(told(out({ ...masking, action: 'mask' }), out(masking)).widens).toEqual([])
    expect(told(out(masking), out()).widens.length).toBeGreaterThanOrEqual(2)
    expect(told({}, { policies: { piiMasking: { mode: 'off' } } }).widens).toEqual([
      'masking: policies: piiMasking: enforce → off',
    ])
  })

  it('a field that a weaker rule, written first, now decides', () => {
    const before = { fields: { '/customer/**': 'redact' } }
    const after = { fields: { '/customer/taxId': 'mask', '/customer/**': 'redact' } }
    expect(told(out(before), out(after)).widens).toEqual([
      `masking: the way to ${model}: the field /customer/taxId: redact → mask`,
    ])
  })

  it('a place within a masked way that a rule of its own leaves open', () => {
    const wide = { to: 'https://a.example.com/v1/*', masking }
    const narrow = { to: 'https://a.example.com/v1/b*' }
    expect(told({ egress: [wide] }, { egress: [wide, narrow] }).widens).toContainEqual(
      expect.stringMatching(/^masking: the way to any method https:\/\/a\.example\.com\/v1\/b\*: EMAIL: redact → no$/),
    )
    expect(
      told(
        {
          egress: [
            { ...narrow, masking },
            { ...wide, masking: undefined },
          ],
        },
        { egress: [{ ...wide, masking: undefined }] },
      ).widens,
    ).toContainEqual(expect.stringContaining('EMAIL: redact → no'))
  })

  it('what vendors push, what callers send and get, and who is spared', () => {
    const hook = (rule?: Spec) => ({
      webhooks: { github: { scheme: 'github', secrets: ['current'], path: '/hooks', ...(rule && { masking: rule }) } },
    })
    expect(told(hook(masking), hook()).widens).toContain('masking: webhooks of github: EMAIL: redact → no')
    const called = (response: Spec) => ({ ...api(places), masking: { response } })
    expect(told(called(masking), called({ ...masking, exemptScopes: ['pii:read'] })).widens).toEqual([
      'masking: originals for callers with the scope pii:read',
    ])
    const tagged = (tags: Spec) => ({
      ...api({ ...places, responseSchema: { type: 'object', properties: { taxId: { type: 'string', ...tags } } } }),
      masking: { response: { entities: ['EMAIL'], action: 'tokenize' } },
    })
    expect(told(tagged({ 'x-pii': 'redact' }), tagged({})).widens).toContain(
      'masking: answers to GET /v1/places: the field /taxId: redact → tokenize, where something is found',
    )
    const parameter = (tags: Spec) => {
      const parameters = [{ name: 'near', in: 'query', schema: { type: 'string', ...tags } }]
      const openapi = {
        openapi: '3.1.0',
        info: { title: 'x', version: '1' },
        paths: { '/v1/places': { get: { parameters } } },
      }
      const { api: given } = api(places)
      return { api: { ...given, openapi }, masking: { request: { entities: ['EMAIL'], action: 'tokenize' } } }
    }
    expect(told(parameter({ 'x-pii': 'redact' }), parameter({})).widens).toContain(
      'masking: calls of GET /v1/places: the query parameter near: redact → no',
    )
    const guarded = (after: Spec) => ({ egress: [{ to: model, guards: { maxPromptTokens: 5, after } }] })
    expect(
      told(
        guarded({ promptInjection: 'deny' }),
        guarded({ promptInjection: 'deny', onError: { promptInjection: 'open' } }),
      ).widens,
    ).toEqual([`egress: the way to ${model}: no answers pass that promptInjection cannot read: yes → no`])
  })
})

it('which limits are loosened', () => {
  const rate = (limit: number, per: string) => ({
    limits: { rate: [{ name: 'burst', limit, windowSeconds: 10, per }] },
  })
  expect(told(rate(5, 'app'), rate(50, 'app')).widens).toEqual([
    'limits: the app: rate burst per app: 5 in 10 s → 50 in 10 s',
  ])
  expect(told(rate(5, 'app'), rate(5, 'caller')).widens).toHaveLength(1)
  expect(told(rate(5, 'app'), {}).widens).toHaveLength(1)
  expect(told({ limits: { bodyBytes: 5 } }, {}).widens).toHaveLength(1)
  const budget = (requestsPerDay: number) => ({ egress: [{ to: model, budget: { requestsPerDay } }] })
  expect(told(budget(1), budget(2)).widens).toEqual([
    `limits: the way to ${model}: requests a day: 1 at most → 2 at most`,
  ])
})

it('where payloads may newly be, where the app stands, and its stage and end', () => {
  const eu = { residency: { regions: ['eu'] } }
  expect(told(eu, {}).widens).toEqual(['residency: payloads in the region any'])
  expect(told({}, eu).widens).toEqual([])
  expect(told({}, { upstreams: [{ name: 'stable', url: 'https://new.example.com' }] }).widens).toEqual([
    'upstreams: payloads to https://new.example.com (stable)',
  ])
  expect(told({}, { lifecycle: { stage: 'production', ttlDays: 90 } }).widens).toEqual([
    'lifecycle: the app: stage: sandbox → production',
    'lifecycle: the app: days to live: 60 at most → 90 at most',
  ])
  expect(told({}, { lifecycle: { stage: 'decommission' } }).widens).toEqual([])
})
