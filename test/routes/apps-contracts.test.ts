import { describe, expect, it } from 'vitest'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { documentOf, faultsOf } from '../support/manifests.ts'
import { metric } from '../support/metrics.ts'

const order = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } }, additionalProperties: false }
const json = (body: unknown, init: RequestInit = {}): RequestInit => ({
  method: 'POST',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...init,
  headers: { 'content-type': 'application/json', ...init.headers },
})
const answering =
  (body: unknown, status = 200) =>
  () =>
    Response.json(body, { status })
const routes = [{ path: '/orders', methods: ['GET', 'POST'], auth: 'none', schema: order }]

describe('a route with a schema', () => {
  it('takes only bodies that fit it, and the app gets the bytes as they were sent', async () => {
    const seen = await apiApp('contract-route', { routes })
    expect((await call('contract-route', '/orders', json('{"id":  1}'))).status).toBe(200)
    expect(new TextDecoder().decode(seen[0]?.body)).toBe('{"id":  1}')
    for (const body of ['{"id":"1"}', '{"id":1,"x":1}', '{', ''])
      await expectFault(await call('contract-route', '/orders', json(body)), 'schema-mismatch', 422)
    // of a name that stands twice the app may read the value that was not judged; and depth is no way round
    const deep = `{"id":1,"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    for (const body of ['{"id":"x","id":1}', '{"id":1,"\\u0069d":1}', deep])
      await expectFault(await call('contract-route', '/orders', json(body)), 'schema-mismatch', 422)
    expect(seen).toHaveLength(1)
  })

  it('in shadow mode only records what does not fit', async () => {
    await apiApp('contract-shadow', { routes, spec: { policies: { schema: { mode: 'shadow' } } } })
    expect((await call('contract-shadow', '/orders', json('{'))).status).toBe(200)
    const labels = { app: 'contract-shadow', door: 'apps', policy: 'schema', verdict: 'would-deny' }
    expect(await metric('policy_verdicts_total', labels)).toBe(1)
  })

  it('lets out only answers that fit its responseSchema, whole and unchanged', async () => {
    let answer = () => new Response()
    await apiApp('contract-answer', {
      routes: [{ path: '/*', methods: ['GET'], auth: 'none', responseSchema: order }],
      answer: () => answer(),
    })
    const get = (make: () => Response) => {
      answer = make
      return call('contract-answer', '/')
    }
    const fits = await get(
      () => new Response('{"id": 1}', { headers: { 'content-type': 'application/json', 'x-own': 'a' } }),
    )
    expect([fits.status, fits.headers.get('x-own'), await fits.text()]).toEqual([200, 'a', '{"id": 1}'])
    const leaked = await get(() => Response.json({ id: 1, password: 'hunter2' }))
    expect(await leaked.clone().text()).not.toContain('hunter2')
    await expectFault(leaked, 'answer-mismatch', 502)
    await expectFault(await get(() => new Response('<html>')), 'answer-mismatch', 502)
    await expectFault(await get(() => Response.json({ id: 1, pad: 'x'.repeat(1_100_000) })), 'answer-mismatch', 502)
    expect((await get(() => Response.json({ any: 'fault' }, { status: 404 }))).status).toBe(404)
    expect((await get(() => new Response(null, { status: 204 }))).status).toBe(204)
  })

  it('in shadow mode lets every answer out as it was, and records it', async () => {
    const answer = { id: 'x', pad: 'y'.repeat(1_200_000) }
    await apiApp('contract-answer-shadow', {
      routes: [{ path: '/*', methods: ['GET'], auth: 'none', responseSchema: order }],
      spec: { policies: { responseSchema: { mode: 'shadow' } } },
      answer: answering(answer),
    })
    expect(await (await call('contract-answer-shadow', '/')).json()).toEqual(answer)
    const labels = { app: 'contract-answer-shadow', door: 'apps', policy: 'responseSchema', verdict: 'would-deny' }
    expect(await metric('policy_verdicts_total', labels)).toBe(1)
  })
})

describe('an OpenAPI document', () => {
  const openapi = {
    openapi: '3.1.0',
    info: { title: 'orders', version: '1' },
    paths: {
      '/orders/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
        get: {
          parameters: [{ name: 'expand', in: 'query', schema: { type: 'boolean' } }],
          responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } } } },
        },
        put: {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
          },
          responses: {},
        },
      },
    },
    components: { schemas: { Order: order } },
  }
  const described = [{ path: '/orders/{order}', methods: ['GET', 'PUT'], auth: 'none' }]

  it('judges path, query and body of each request, and each answer that it describes', async () => {
    const seen = await apiApp('contract-openapi', { routes: described, api: { openapi }, answer: answering({ id: 7 }) })
    const at = async (path: string, init: RequestInit = {}) => {
      const response = await call('contract-openapi', path, init)
      return response.headers.get('gatehouse-fault') ?? response.status
    }
    expect(await at('/orders/7?expand=true')).toBe(200)
    expect(await at('/orders/seven')).toBe('schema-mismatch')
    expect(await at('/orders/7?expand=1')).toBe('schema-mismatch')
    expect(await at('/orders/7', json({ id: 7 }, { method: 'PUT' }))).toBe(200)
    expect(await at('/orders/7', json({ id: '7' }, { method: 'PUT' }))).toBe('schema-mismatch')
    expect(await at('/orders/7', json('', { method: 'PUT' }))).toBe('schema-mismatch')
    const xml = { method: 'PUT', body: '<id>7</id>', headers: { 'content-type': 'text/xml' } }
    expect(await at('/orders/7', xml)).toBe('schema-mismatch')
    expect(seen).toHaveLength(2)
  })

  it('withholds an answer that it does not describe', async () => {
    await apiApp('contract-openapi-answer', { routes: described, api: { openapi }, answer: answering({ id: 'seven' }) })
    await expectFault(await call('contract-openapi-answer', '/orders/7'), 'answer-mismatch', 502)
  })

  it('is refused at publish with everything in it that cannot be judged by, and when it leaves a route out', () => {
    const api = (routes: readonly object[], document: object) =>
      faultsOf(documentOf({ webhooks: {}, api: { routes, openapi: document } }))
    expect(api(described, openapi)).toEqual([])
    expect(api([{ path: '/other', methods: ['GET'], auth: 'none' }], openapi)).toEqual([
      expect.stringMatching(/^spec\.api\.routes\[0\]: takes GET, of which `openapi` says nothing/),
    ])
    const bad = {
      ...openapi,
      components: { schemas: { Order: { ...order, patternProperties: {}, unevaluatedItems: false } } },
    }
    expect(api(described, bad)).toEqual([
      expect.stringMatching(/^spec\.api\.openapi\.components\.schemas\.Order\.patternProperties: is not a keyword/),
      expect.stringMatching(/^spec\.api\.openapi\.components\.schemas\.Order\.unevaluatedItems: is not a keyword/),
    ])
  })
})
