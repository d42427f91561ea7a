import { describe, expect, it } from 'vitest'
import { admin } from '../support/admin.ts'
import { apiApp, call } from '../support/api-app.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { expectFault } from '../support/faults.ts'
import { accepted, eventIn, gatedApp, push } from '../support/gated-app.ts'
import { metric } from '../support/metrics.ts'
import { appAt } from '../support/upstream.ts'

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const mail = 'jon.snow@example.com'
const card = '4111 1111 1111 1111'
const post = (body: string, type = 'application/json', headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': type, ...headers },
})

describe('a webhook of a source with masking', () => {
  const masking = { entities: ['EMAIL'], fields: { '/customer/name': 'redact' }, action: 'redact' }

  it('is stored and delivered masked, while filter, order and duplicates are judged by what came', async () => {
    const source = { masking, when: `body.mail == '${mail}'`, orderBy: '/mail' }
    const seen = await gatedApp('mask-hook', { source })
    const body = JSON.stringify({ mail, customer: { name: 'Jon' }, n: 1 })
    const eventId = await accepted('mask-hook', { body, id: 'msg-1' })
    expect((await eventIn('delivered', eventId)).orderKey).toMatch(/^[0-9a-f]{32}$/)
    const delivered = text(seen[0]?.body)
    expect(JSON.parse(delivered)).toMatchObject({ n: 1, customer: { name: expect.stringContaining('[') } })
    expect(delivered).not.toContain('jon')
    expect(await (await admin(`events/${eventId}/payload`)).text()).toBe(delivered)
    expect(await (await push('mask-hook', { body, id: 'msg-1' })).json()).toMatchObject({ duplicate: true })
  })

  it('that cannot be read is refused, and nothing of it is kept', async () => {
    const seen = await gatedApp('mask-hook-unread', { source: { masking } })
    const binary = { body: 'x', headers: { 'content-type': 'application/octet-stream' } }
    await expectFault(await push('mask-hook-unread', binary), 'content-type-denied', 415)
    await expectFault(await push('mask-hook-unread', { body: '{"a":' }), 'masking-failed', 502)
    const { items } = await (await admin('events?app=mask-hook-unread')).json<{ items: [] }>()
    expect([items, seen]).toEqual([[], []])
  })

  it('in shadow mode stays as it came, and is counted nowhere as masked', async () => {
    const spec = { policies: { piiMasking: { mode: 'shadow' } } }
    const seen = await gatedApp('mask-hook-shadow', { source: { masking }, spec })
    await eventIn('delivered', await accepted('mask-hook-shadow', { body: `{"a":"${mail}"}` }))
    expect(text(seen[0]?.body)).toBe(`{"a":"${mail}"}`)
    expect(await metric('masked_values_total', { app: 'mask-hook-shadow' })).toBe(0)
  })
})

describe('a call of an API', () => {
  const masking = {
    request: { entities: ['EMAIL'], action: 'tokenize', headers: ['x-customer'], restore: true },
    response: { entities: ['CREDIT_CARD'], action: 'mask' },
  }

  it('reaches the app with tokens in query, chosen headers and body, and the answer comes back with originals, its cards masked', async () => {
    const seen = await apiApp('mask-api', {
      spec: { masking },
      answer: async ({ body }) =>
        Response.json({ echo: JSON.parse(text(body)).mail, card }, { headers: { etag: '"1"' } }),
    })
    const request = post(JSON.stringify({ mail }), 'application/json', {
      'x-customer': mail,
      range: 'bytes=0-4',
      'x-other': mail,
    })
    const response = await call('mask-api', `/orders?mail=${encodeURIComponent(mail)}&n=1`, request)
    expect(await response.json()).toEqual({ echo: mail, card: expect.stringMatching(/^\*.*1111$/) })
    expect(response.headers.has('etag')).toBe(false)
    const [got] = seen
    expect(got?.url).toMatch(/\?mail=GHT_EMAIL_\w+&n=1$/)
    expect(got?.headers.get('x-customer')).toMatch(/^GHT_EMAIL_/)
    expect([got?.headers.get('x-other'), got?.headers.has('range')]).toEqual([mail, false])
    expect(text(got?.body)).not.toContain('jon')
    expect(await metric('masked_values_total', { app: 'mask-api', type: 'EMAIL', action: 'tokenize' })).toBe(3)
    expect(await metric('masked_values_total', { app: 'mask-api', type: 'CREDIT_CARD', action: 'mask' })).toBe(1)
  })

  it('is masked where the schema of its own route tags a field, and no other route', async () => {
    const tagged = (name: string) => ({ properties: { [name]: { type: 'string', 'x-pii': true } } })
    const seen = await apiApp('mask-tags', {
      spec: { masking: { request: { entities: ['IBAN'] } } },
      routes: [
        { path: '/a', methods: ['POST'], auth: 'none', schema: tagged('one') },
        { path: '/b', methods: ['POST'], auth: 'none', schema: tagged('two') },
      ],
    })
    for (const path of ['/a', '/b']) await call('mask-tags', path, post('{"one":"x","two":"y"}'))
    expect(seen.map(({ body }) => text(body))).toEqual(['{"one":"[FIELD]","two":"y"}', '{"one":"x","two":"[FIELD]"}'])
  })

  it('is masked in its path, query and headers where the contract tags a parameter, and whole where it tags the root', async () => {
    const pii = (tag: true | string) => ({ type: 'string', 'x-pii': tag })
    const openapi = {
      openapi: '3.1.0',
      info: { title: 'x', version: '1' },
      components: { schemas: { Name: pii(true) }, parameters: { q: { name: 'q', in: 'query', schema: pii('drop') } } },
      paths: {
        '/users/{id}/{n}': {
          parameters: [{ name: 'id', in: 'path', required: true, schema: { $ref: '#/components/schemas/Name' } }],
          post: {
            parameters: [
              { $ref: '#/components/parameters/q' },
              { name: 'X-User', in: 'header', schema: pii('mask') },
              { name: 'n', in: 'path', required: true, schema: { type: 'string' } },
              { name: 'many', in: 'query', schema: { type: 'array', items: pii(true) } },
            ],
            responses: {},
          },
        },
        '/root': {
          post: { requestBody: { content: { 'application/json': { schema: { 'x-pii': true } } } }, responses: {} },
        },
      },
    }
    const seen = await apiApp('mask-params', {
      spec: { masking: { request: { entities: ['IBAN'] } } },
      api: { openapi },
      routes: [{ path: '/*', methods: ['POST'], auth: 'none' }],
    })
    const headers = { 'x-user': 'jon.snow', 'x-other': 'kept' }
    await call('mask-params', '/users/jon%20snow/7?q=jon&r=1&many=jon&many=snow', post('{"q":"x"}', undefined, headers))
    await call('mask-params', '/root', post('{"a":["jon",5],"b":{"c":true}}'))
    const { pathname, search } = new URL(seen[0]?.url ?? '')
    expect(decodeURIComponent(pathname)).toBe('/users/[FIELD]/7')
    expect(decodeURIComponent(search)).toBe('?q=&r=1&many=[FIELD]&many=[FIELD]')
    expect([seen[0]?.headers.get('x-user'), seen[0]?.headers.get('x-other')]).toEqual(['****snow', 'kept'])
    expect(text(seen[1]?.body)).toBe('{"a":["[FIELD]","[FIELD]"],"b":{"c":"[FIELD]"}}')
  })

  it('whose answer cannot be masked gets none of it', async () => {
    const answers: Record<string, () => Response> = {
      '/part': () => new Response('x', { status: 206, headers: { 'content-type': 'text/plain' } }),
      '/zip': () => new Response('x', { headers: { 'content-type': 'application/zip' } }),
      '/packed': () => new Response('x', { headers: { 'content-type': 'text/plain', 'content-encoding': 'zstd' } }),
      '/broken': () => new Response(`{"a":"${card}"`, { headers: { 'content-type': 'application/json' } }),
    }
    await apiApp('mask-answer', {
      spec: { masking: { response: masking.response } },
      answer: ({ url }) => answers[new URL(url).pathname]?.() ?? new Response(),
    })
    for (const path of Object.keys(answers)) {
      const response = await call('mask-answer', path)
      expect([path, response.headers.get('gatehouse-fault')]).toEqual([
        path,
        path === '/zip' ? 'content-type-denied' : 'masking-failed',
      ])
      expect(await response.text()).not.toContain('4111')
    }
  })

  it('streams events masked', async () => {
    await apiApp('mask-events', {
      spec: { masking: { response: masking.response } },
      answer: () =>
        new Response(`data: {"a":"${card}"}\n\ndata: done\n\n`, { headers: { 'content-type': 'text/event-stream' } }),
    })
    const answer = await (await call('mask-events', '/')).text()
    expect(answer).toContain('1111')
    expect(answer).toContain('data: done')
    expect(answer).not.toContain(card)
  })
})

describe('what masking left behind', () => {
  /** Without the address in its middle it is a telephone number. */
  const joined = '{"a":"+1 (415)ann@example.com-555 2671"}'
  const dropping = { entities: ['EMAIL', 'PHONE'], action: 'drop' }
  const counted = (app: string, rule: string) => metric('masking_residue_total', { app, rule, type: 'PHONE' })

  it('in a webhook is refused, kept nowhere, and counted by rule and type', async () => {
    const seen = await gatedApp('mask-residue-hook', { source: { masking: dropping } })
    await expectFault(await push('mask-residue-hook', { body: joined }), 'masking-failed', 502)
    expect(seen).toEqual([])
    expect(await metric('masking_residue_total', { app: 'mask-residue-hook', door: 'hooks', type: 'PHONE' })).toBe(1)
  })

  it('in a call, in its query, in its answer and in a stream does not leave, and is counted once for each', async () => {
    const types: Record<string, string> = { '/events': 'text/event-stream', '/whole': 'application/json' }
    const seen = await apiApp('mask-residue', {
      spec: { masking: { request: dropping, response: dropping } },
      answer: ({ url }) => {
        const { pathname } = new URL(url)
        const body = pathname === '/events' ? `data: {"n":1}\n\ndata: ${joined}\n\n` : joined
        return new Response(body, { headers: { 'content-type': types[pathname] ?? 'text/plain' } })
      },
    })
    await expectFault(await call('mask-residue', '/whole', post(joined)), 'masking-failed', 502)
    await expectFault(await call('mask-residue', `/whole?a=${encodeURIComponent(joined)}`), 'masking-failed', 502)
    expect([seen, await counted('mask-residue', 'masking.request')]).toEqual([[], 2])

    await expectFault(await call('mask-residue', '/whole'), 'masking-failed', 502)
    const stream = await (await call('mask-residue', '/events')).text()
    expect(stream).toContain('data: {"n":1}')
    expect(stream).toContain('event: error')
    expect(stream).not.toMatch(/415|2671/)
    expect(await counted('mask-residue', 'masking.response')).toBe(2)
  })

  it('in a request to the outside does not leave, and is counted', async () => {
    const seen = appAt('mask-residue-out.example.com')
    const egress = [{ to: 'https://mask-residue-out.example.com', masking: dropping }]
    const token = await egressApp('mask-residue-out', { egress })
    const sent = await goOut(token, '/mask-residue-out.example.com/', post(joined))
    await expectFault(sent, 'masking-failed', 502)
    expect(seen).toEqual([])
    expect(await metric('masking_residue_total', { app: 'mask-residue-out', door: 'egress', type: 'PHONE' })).toBe(1)
  })
})

describe('a request to the outside', () => {
  it('leaves with tokens for the destination whose rule says so, and originals come back', async () => {
    const seen = appAt('mask-model.example.com', ({ body }) => Response.json({ said: JSON.parse(text(body)).prompt }))
    const plain = appAt('mask-plain.example.com')
    const token = await egressApp('mask-egress', {
      egress: [
        { to: 'https://mask-model.example.com', masking: { entities: ['EMAIL'], action: 'tokenize', restore: true } },
        { to: 'https://mask-plain.example.com' },
      ],
    })
    const body = JSON.stringify({ prompt: `write to ${mail}` })
    const answer = await goOut(token, `/mask-model.example.com/v1?user=${mail}`, post(body))
    expect(await answer.json()).toEqual({ said: `write to ${mail}` })
    expect(text(seen[0]?.body)).toMatch(/write to GHT_EMAIL_\w+/)
    expect(seen[0]?.url).toMatch(/\?user=GHT_EMAIL_\w+$/)
    await goOut(token, '/mask-plain.example.com/v1', post(body))
    expect(text(plain[0]?.body)).toBe(body)
  })

  it('that blocks, or cannot be read, does not leave', async () => {
    const seen = appAt('mask-blocked.example.com')
    const masking = { entities: ['CREDIT_CARD'], action: 'block' }
    const token = await egressApp('mask-block', { egress: [{ to: 'https://mask-blocked.example.com', masking }] })
    await expectFault(await goOut(token, '/mask-blocked.example.com/', post(`{"a":"${card}"}`)), 'masking-failed', 502)
    await expectFault(
      await goOut(token, '/mask-blocked.example.com/', post('x', 'image/png')),
      'content-type-denied',
      415,
    )
    expect(seen).toEqual([])
    expect((await goOut(token, '/mask-blocked.example.com/', post('{"a":1}'))).status).toBe(200)
  })
})

describe('a preview', () => {
  it('shows authors what would become of a text or a document', async () => {
    const ask = async (body: object) => (await admin('masking/preview', { body, roles: ['author'] })).json()
    expect(await ask({ text: `to ${mail}` })).toEqual({
      masked: 'to [EMAIL]',
      findings: [{ type: 'EMAIL', start: 3, end: 23, action: 'redact' }],
    })
    expect(await ask({ json: { a: [mail] }, action: 'mask' })).toMatchObject({
      masked: { a: [expect.stringMatching(/\.com$/)] },
      findings: [{ type: 'EMAIL', start: 0, end: 20, pointer: '/a/0', action: 'mask' }],
    })
  })

  it('is for authors, and refuses what is no question', async () => {
    await expectFault(await admin('masking/preview', { body: { text: 'x' }, roles: ['viewer'] }), 'role-missing', 403)
    for (const body of [{}, { text: 'x', json: 1 }, { text: 'x', action: 'eat' }, { text: 'x', fields: { a: 'mask' } }])
      await expectFault(await admin('masking/preview', { body, roles: ['author'] }), 'request-invalid', 400)
  })
})
