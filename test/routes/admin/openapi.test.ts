import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Ports } from '#core/ports.ts'
import { doors } from '#routes/index.ts'
import { admin } from '../../support/admin.ts'
import { contract, operationOf, unlike } from '../../support/api-contract.ts'
import { expectFault } from '../../support/faults.ts'
import { accepted, eventIn, gatedApp } from '../../support/gated-app.ts'

/** Every operation of the document, as `METHOD /path`. */
const told = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
)
/** Every route that Hono has below `/admin`, in the same words. */
const routes = doors({} as Ports)
  .routes.filter(({ path }) => path.startsWith('/admin'))
  .map(({ method, path }) => `${method} ${path.replace('/admin/v1', '').replaceAll(/:(\w+)/g, '{$1}')}`)

describe('the document of the admin API', () => {
  it('is what the gateway answers, for every role and nobody else', async () => {
    const answer = await admin('openapi.json', { roles: ['viewer'] })
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(contract)))
    expect((await admin('openapi.json', { roles: ['author'], teams: [] })).status).toBe(200)
    await expectFault(await admin('openapi.json', { roles: [] }), 'role-missing', 403)
    await expectFault(await exports.default.fetch('http://gate.example/admin/v1/openapi.json'), 'token-missing', 401)
  })

  it('tells of every route there is, and of no other', () => {
    expect(told.map(({ name }) => name).sort()).toEqual([...new Set(routes)].sort())
    expect(routes).toHaveLength(new Set(routes).size)
    expect(contract.openapi).toBe('3.1.0')
  })

  it.each(told)('says of $name who may, with what, and what comes back', ({ path, operation }) => {
    const { summary, security, parameters, responses } = operation
    expect(summary).toMatch(/^[A-Z].*\.$/)
    expect(security).toHaveLength(1)
    expect(['viewer', 'author', 'approver', 'operator', undefined]).toContain(security[0]?.operator[0])
    const inPath = parameters.filter(one => one.in === 'path')
    expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
    expect(inPath.every(({ required }) => required)).toBe(true)
    const answers = Object.entries(responses).filter(([status]) => status !== 'default')
    expect(answers.length).toBeGreaterThan(0)
    for (const [status, { content }] of answers)
      expect([status, content === undefined]).toEqual([status, status === '204'])
    expect(responses.default).toEqual({ $ref: '#/components/responses/fault' })
  })

  it('asks for a reason in everything that changes something', () => {
    const changing = told.filter(({ operation }) => operation.security[0]?.operator[0] === 'operator')
    const silent = changing.filter(({ operation: { parameters, requestBody } }) => {
      const body = requestBody?.content['application/json']?.schema as { required?: string[] } | undefined
      return !parameters.some(({ name }) => name === 'gatehouse-reason') && !body?.required?.includes('reason')
    })
    expect(silent.map(({ name }) => name)).toEqual(['GET /secrets/{app}'])
  })

  it('gives every operation a name of its own, and leads to no component that is not there', () => {
    const ids = told.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const components: Readonly<Record<string, Readonly<Record<string, unknown>>>> = contract.components as never
    for (const [, kind = '', name = ''] of JSON.stringify(contract).matchAll(/"#\/components\/(\w+)\/(\w+)"/g))
      expect(components[kind]?.[name], `${kind}/${name}`).toBeDefined()
  })
})

describe('answers of the running gateway', () => {
  it('are as the document says, from every call that an app and an event are asked about', async () => {
    await gatedApp('contract-app', { answer: () => new Response('gone', { status: 410 }) })
    const { id } = await eventIn('dead', await accepted('contract-app'))
    const { digest } = await (await admin('apps/contract-app')).json<{ digest: string }>()
    const request = { method: 'POST', url: '/hooks/contract-app/shop', headers: {}, body: '{}' }
    const reason = { reason: 'to see' }
    const because = { headers: { 'gatehouse-reason': 'to see' } }
    const everywhere = { roles: ['operator', 'author'] }
    const asked: [string, Parameters<typeof admin>[1]?][] = [
      ...['whoami', 'apps?limit=1', 'apps/contract-app', 'apps/contract-app/revisions'].map((path): [string] => [path]),
      ...['events?app=contract-app', `events/${id}`, 'discoveries', 'secrets/contract-app'].map((path): [string] => [
        path,
      ]),
      [`events/${id}/payload`],
      [`events/${id}/replay`, { body: reason }],
      ['replays', { body: { app: 'contract-app', dryRun: true, ...reason } }],
      ['replays', { body: { app: 'contract-app', filter: { state: 'dead' }, ...reason } }],
      ...[
        'kill',
        'revive',
        'quarantine',
        'release',
        'pause',
        'resume',
        'sources/shop/pause',
        'sources/shop/resume',
      ].map((action): [string, object] => [`apps/contract-app/${action}`, { body: reason }]),
      ['secrets/contract-app/key', { method: 'PUT', body: 'a value', ...because }],
      ['egress/explain', { body: { app: 'contract-app', url: 'https://a.example.com/' }, ...everywhere }],
      ['explain', { body: { app: 'contract-app', door: 'hooks', request }, ...everywhere }],
      ['egress/suggestions?app=contract-app', everywhere],
      [`apps/contract-app/revisions/${digest}`],
      ...['fleet', 'status', 'shadow?app=contract-app'].map((path): [string] => [path]),
      ['masking/preview', { body: { text: 'to ann@example.com' }, ...everywhere }],
      ['audit?app=contract-app'],
      ['audit/verify?app=contract-app'],
      [`events/${id}`, { method: 'DELETE', ...because }],
      ['apps/contract-app/purge', { body: reason }],
    ]
    const statuses: string[] = []
    // `admin` itself holds each answer against the document
    for (const [path, call] of asked) statuses.push(`${path.replace(id, '{id}')} ${(await admin(path, call)).status}`)
    expect(statuses.filter(one => !/ 20[024]$/.test(one))).toEqual([])
  })

  it('and one that was not as it says would be noticed', async () => {
    expect(operationOf('get', '/apps/shop/revisions')?.operationId).toBe('getAppsAppRevisions')
    const answer = (value: unknown, status = 200) => unlike('GET', '/audit/verify', Response.json(value, { status }))
    expect(await answer({ ok: true, records: 1 })).toEqual([])
    expect(await answer({ ok: true })).toEqual(['/records (required)'])
    expect(await answer({ ok: 'yes', records: 1 })).toEqual(['/ok (type)'])
    expect(await answer({ ok: true, records: 1, secret: 'x' })).toHaveLength(1)
    expect(await answer({ ok: true, records: 1 }, 202)).toEqual(['202 is not told of getAuditVerify'])
    expect(await unlike('POST', '/nowhere', Response.json({}))).toEqual(['POST /nowhere is no operation'])
  })
})
