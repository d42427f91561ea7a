import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileContract, contractOf } from '#core/contract/contract.ts'
import { uncovered } from '#core/contract/coverage.ts'
import { bodyFailures, contentsFor, fieldFailures, listed } from '#core/contract/judge.ts'
import { operationOf } from '#core/contract/operation-of.ts'
import { utf8Bytes } from '#core/encoding.ts'

/** The least document, with one path and whatever components it refers to. */
const documentOf = (item: object, components: object = {}, path = '/orders/{id}') => ({
  openapi: '3.1.0',
  info: { title: 'orders', version: '1' },
  paths: { [path]: item },
  components,
})

const problemsOf = (document: unknown) => {
  const compiled = compileContract(document)
  return compiled.kind === 'refused' ? compiled.problems.map(({ path, reason }) => `${path.join('/')}: ${reason}`) : []
}

const fieldsOf = (
  parameters: readonly object[],
  request: { query?: string; id?: string; headers?: Record<string, string> },
) => {
  const document = documentOf({ get: { parameters, responses: {} } })
  const { operation } = operationOf(contractOf(document), '/orders/1', 'GET') ?? {}
  if (!operation) throw new Error('no operation')
  const { query = '', id = '1', headers = {} } = request
  return fieldFailures(operation, { query, params: { id }, headers: new Headers(headers) })
}

describe('parameters', () => {
  const limit = { name: 'limit', in: 'query', required: true, schema: { type: 'integer', maximum: 100 } }

  it.each([
    ['?limit=5', []],
    ['?limit=101', ['query limit (document) (maximum)']],
    ['?limit=5.5', ['query limit (document) (type)']],
    ['?limit=five', ['query limit (document) (type)']],
    ['?limit=', ['query limit (document) (type)']],
    ['?limit=5&limit=6', ['query limit (more than once)']],
    ['?Limit=5', ['query limit (required)']],
  ])('in the query are judged as the JSON they mean: %s', (query, failures) => {
    expect(fieldsOf([limit], { query })).toEqual(failures)
  })

  it('may be lists, booleans, and of several types', () => {
    const tags = { name: 'tag', in: 'query', schema: { type: 'array', items: { type: 'boolean' }, maxItems: 2 } }
    expect(fieldsOf([tags], { query: '?tag=true&tag=false' })).toEqual([])
    expect(fieldsOf([tags], { query: '?tag=true&tag=1' })).toEqual(['query tag /1 (type)'])
    const either = { name: 'x', in: 'query', schema: { type: ['integer', 'string'], minimum: 5 } }
    expect(fieldsOf([either], { query: '?x=4' })).toEqual(['query x (document) (minimum)'])
    expect(fieldsOf([either], { query: '?x=four' })).toEqual([])
  })

  it('in the path, a header and a cookie are judged too, the ones OpenAPI describes elsewhere are not', () => {
    const parameters = [
      { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z ]+$' } },
      { name: 'X-Count', in: 'header', required: true, schema: { type: 'array', items: { type: 'integer' } } },
      { name: 'Authorization', in: 'header', required: true, schema: { type: 'string' } },
      { name: 'theme', in: 'cookie', schema: { enum: ['dark', 'light'] } },
    ]
    expect(fieldsOf(parameters, { id: 'a%20b', headers: { 'x-count': '1,2', cookie: 'a=b; theme=dark' } })).toEqual([])
    expect(fieldsOf(parameters, { id: 'a1', headers: { 'x-count': '1,x', cookie: 'theme=red' } })).toEqual([
      'path id (document) (pattern)',
      'header X-Count /1 (type)',
      'cookie theme (document) (enum)',
    ])
  })

  it('never throw, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (query, id) => {
        const parameters = [limit, { name: 'id', in: 'path', required: true, schema: { type: 'integer' } }]
        expect(Array.isArray(fieldsOf(parameters, { query: `?${query}`, id }))).toBe(true)
      }),
    )
  })
})

describe('a document', () => {
  it('brings the components that a schema refers to, through several hands, and drops what only tells', () => {
    const components = {
      schemas: {
        Order: {
          type: 'object',
          required: ['id'],
          properties: { id: { $ref: '#/components/schemas/Id' }, example: { type: 'integer' } },
          example: {},
        },
        Id: { type: 'integer', format: 'int32', xml: {} },
      },
      requestBodies: {
        Order: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } } },
      },
    }
    const document = documentOf(
      { put: { requestBody: { $ref: '#/components/requestBodies/Order' }, responses: {} } },
      components,
    )
    expect(problemsOf(document)).toEqual([])
    const { operation } = operationOf(contractOf(document), '/orders/7', 'PUT') ?? {}
    const stands = operation?.body && listed(operation.body.contents, 'Application/JSON; charset=utf-8')
    if (stands?.kind !== 'judged') throw new Error('not judged')
    const failures = (json: unknown) => bodyFailures(stands.schema, utf8Bytes(JSON.stringify(json)))
    expect(failures({ id: 2_147_483_647 })).toEqual([])
    expect(failures({ id: 2_147_483_648 })).toEqual(['/id (maximum)'])
    expect(failures({ id: 1, example: 'x' })).toEqual(['/example (type)'])
    expect(bodyFailures(stands.schema, utf8Bytes('{'))).toEqual(['body (not JSON)'])
  })

  it.each<[string, unknown, string]>([
    ['of another version', { ...documentOf({}), openapi: '3.0.3' }, 'openapi: must be a version 3.1'],
    ['with a path elsewhere', documentOf({ $ref: './other.yaml' }), 'paths//orders/{id}: refers to a path elsewhere'],
    [
      'with a parameter that is nowhere',
      documentOf({ get: { parameters: [{ $ref: '#/components/parameters/x' }] } }),
      'paths//orders/{id}/get/parameters/0: refers to no parameter',
    ],
    [
      'with an object in the query',
      documentOf({ get: { parameters: [{ name: 'f', in: 'query', schema: { type: 'object' } }] } }),
      'paths//orders/{id}/get/parameters/0: is an object',
    ],
    [
      'with a style of its own',
      documentOf({ get: { parameters: [{ name: 'f', in: 'query', style: 'pipeDelimited', schema: {} }] } }),
      'paths//orders/{id}/get/parameters/0: is written in a style',
    ],
    [
      'with a component that holds itself',
      documentOf(
        {
          get: {
            responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Tree' } } } } },
          },
        },
        { schemas: { Tree: { properties: { left: { $ref: '#/components/schemas/Tree' } } } } },
      ),
      'components/schemas/Tree/properties/left/$ref: leads back to itself',
    ],
    [
      'with a schema that cannot be judged by',
      documentOf({
        get: { responses: { '2XX': { content: { 'application/problem+json': { schema: { nullable: true } } } } } },
      }),
      'paths//orders/{id}/get/responses/2XX/content/application/problem+json/schema/nullable: is not a keyword',
    ],
    [
      'with a status that is none',
      documentOf({ get: { responses: { 2000: {} } } }),
      'paths//orders/{id}/get/responses/2000: must be a status',
    ],
  ])('%s is refused, with its place', (_, document, problem) => {
    expect(problemsOf(document)).toContainEqual(expect.stringContaining(problem))
  })

  it('says nothing of a route that it does not describe', () => {
    const document = documentOf({ get: {}, post: {} })
    const routes = [
      { path: '/orders/{order}', methods: ['GET', 'HEAD', 'OPTIONS', 'DELETE'] },
      { path: '/other', methods: ['GET'] },
      { path: '/any/*', methods: ['GET'] },
    ]
    expect(uncovered(routes, document)).toEqual([
      { index: 0, method: 'DELETE' },
      { index: 1, method: 'GET' },
    ])
  })
})

it('takes the most specific content and status', () => {
  const content = { 'application/json': {}, 'text/*': {} }
  const document = documentOf({
    get: { responses: { 200: { content }, '2XX': { content: {} }, default: { content: { '*/*': {} } } } },
  })
  const { operation } = operationOf(contractOf(document), '/orders/7', 'HEAD') ?? {}
  if (!operation) throw new Error('no operation')
  const sizes = [200, 204, 500].map(status => contentsFor(operation, status)?.size)
  expect(sizes).toEqual([2, 0, 1])
  const stands = (type: string | null) => listed(contentsFor(operation, 200) ?? new Map(), type).kind
  expect([stands('text/plain'), stands('image/png'), stands(null)]).toEqual(['listed', 'unlisted', 'unlisted'])
})
