import { expect, it } from 'vitest'
import { documentOf, documentWith, faultsOf, remedyAt } from '../../support/manifests.ts'

const tokens = { entities: ['EMAIL'], action: 'tokenize' }
const everything = { ...tokens, restore: true, exemptScopes: ['pii:read'], headers: ['x-customer'] }
const api = (route: object) => ({
  issuers: [{ issuer: 'https://idp.example.com', audiences: ['api://shop'], algorithms: ['ES256'] }],
  routes: [{ path: '/v1/orders', methods: ['POST'], scopes: ['orders'], ...route }],
})

/** Each definition refers to the next one twice, so that references lead to two to the power of their number. */
const tangled = {
  $ref: '#/$defs/d0',
  $defs: {
    ...Object.fromEntries(
      Array.from({ length: 16 }, (_, n) => [
        `d${n}`,
        { properties: { a: { $ref: `#/$defs/d${n + 1}` }, b: { $ref: `#/$defs/d${n + 1}` } } },
      ]),
    ),
    d16: { type: 'string', 'x-pii': true },
  },
}

it('what a place does not do is refused there, each with path and remedy, all at once', () => {
  const document = documentOf({
    webhooks: { own: { scheme: 'stripe', secrets: ['current'], path: '/hooks', masking: everything } },
    masking: { response: everything },
    egress: [{ to: 'https://a.example.com' }, { to: 'https://b.example.com', masking: everything }],
  })
  expect(faultsOf(document).map(fault => fault.split(':')[0])).toEqual([
    'spec.webhooks.own.masking.restore',
    'spec.webhooks.own.masking.exemptScopes',
    'spec.masking.response.restore',
    'spec.masking.response.headers',
    'spec.egress[1].masking.exemptScopes',
  ])
  expect(remedyAt(document, 'spec.masking.response.restore')).toContain('masking.request')
})

it('what a place does is accepted there', () => {
  const { exemptScopes: _, ...outward } = everything
  const { restore: __, ...stored } = outward
  const response = { ...tokens, exemptScopes: ['pii:read'], headers: [], restore: false }
  const egress = [{ to: 'https://b.example.com', masking: outward }]
  expect(faultsOf(documentOf({ masking: { request: everything, response }, egress }))).toEqual([])
  expect(faultsOf(documentWith({ masking: stored }))).toEqual([])
})

it('scopes that exempt nobody from anything are refused', () => {
  const masking = { request: { ...tokens, exemptScopes: ['pii:read'] } }
  expect(faultsOf(documentOf({ masking }))).toEqual([
    expect.stringMatching(/^spec\.masking\.request\.exemptScopes: exempts nobody/),
  ])
})

it('a schema whose tags cannot be followed is a fault beside its own, and no crash', () => {
  const spec = { api: api({ responseSchema: tangled }), masking: { response: tokens } }
  const documents = [documentWith({ schema: tangled, masking: tokens }), documentOf(spec)]
  for (const document of documents) {
    const faults = faultsOf(document)
    expect(faults).toHaveLength(2)
    expect(faults[1]).toMatch(/^spec\.(?:webhooks\.own\.schema|api\.routes\[0\]\.responseSchema): .*cannot be followed/)
  }
})

it('tags are accepted where a rule masks what they name, and refused where none does', () => {
  const schema = { properties: { name: { type: 'string', 'x-pii': true }, mail: { 'x-pii': 'drop' } } }
  expect(faultsOf(documentWith({ schema, masking: tokens }))).toEqual([])
  expect(faultsOf(documentWith({ schema }))).toEqual([
    'spec.webhooks.own.schema: tags fields with `x-pii` that no rule masks',
  ])
  const openapi = {
    openapi: '3.1.0',
    info: { title: 'shop', version: '1' },
    paths: {
      '/v1/orders': {
        post: {
          requestBody: { content: { 'application/json': { schema } } },
          responses: { 200: { description: 'it', content: { 'application/json': { schema } } } },
        },
      },
    },
  }
  const masking = { request: tokens, response: tokens }
  expect(faultsOf(documentOf({ api: { ...api({}), openapi }, masking }))).toEqual([])
  expect(faultsOf(documentOf({ api: { ...api({}), openapi }, masking: { request: tokens } }))).toEqual([
    'spec.api.openapi.paths./v1/orders.post.responses: tags fields with `x-pii` that no rule masks',
  ])
})

it('tags of parameters are refused where no rule masks requests, and always at cookies', () => {
  const parameters = ['query', 'cookie'].map(place => ({ name: place, in: place, schema: { 'x-pii': true } }))
  const openapi = {
    openapi: '3.1.0',
    info: { title: 'shop', version: '1' },
    paths: { '/v1/orders': { post: { parameters } } },
  }
  const at = 'spec.api.openapi.paths./v1/orders.post.parameters'
  const untold = 'tags fields with `x-pii` that no rule masks'
  expect(faultsOf(documentOf({ api: { ...api({}), openapi } }))).toEqual([
    `${at}.query: ${untold}`,
    `${at}.cookie: ${untold}`,
  ])
  expect(faultsOf(documentOf({ api: { ...api({}), openapi }, masking: { request: tokens } }))).toEqual([
    `${at}.cookie: tags a cookie, and cookies are not masked`,
  ])
})

it('a tag that is no action is refused', () => {
  const schema = { properties: { name: { 'x-pii': 'redcat' } } }
  expect(faultsOf(documentWith({ schema, masking: tokens }))[0]).toMatch(/x-pii: must be true, or one of redact/)
})

it('rules of another form are left to the schema', () => {
  for (const masking of [7, 'x', null, { request: 5 }, { request: { restore: 'yes' } }])
    expect(faultsOf(documentOf({ masking })).every(fault => fault.startsWith('spec.masking'))).toBe(true)
})
