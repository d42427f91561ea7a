import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { ShadowSetting } from '#core/shadow/report.ts'
import type { Env } from '#platform/env.ts'
import { meteredShadows } from '#platform/shadows-metered.ts'
import { admin } from '../../support/admin.ts'
import { apiApp, call } from '../../support/api-app.ts'
import { egressApp, goOut } from '../../support/egress-app.ts'
import { gatedApp, push } from '../../support/gated-app.ts'
import { eventually, moveTimeBy } from '../../support/time.ts'
import { appAt } from '../../support/upstream.ts'

const reported = async (app: string) =>
  (await (await admin(`shadow?app=${app}`, { roles: ['viewer'] })).json<{ items: ShadowSetting[] }>()).items

const schema = { type: 'object', required: ['n'] }

it('what shadow mode lets pass is summed by policy and field, with the time and a request', async () => {
  const app = 'shadow-sums'
  await apiApp(app, {
    routes: [
      { path: '/a', methods: ['POST'], auth: 'none', schema },
      { path: '/b', methods: ['POST'], auth: 'none', schema },
    ],
    spec: {
      policies: { schema: { mode: 'shadow' }, quota: { mode: 'shadow' }, concurrency: { mode: 'off' } },
      limits: { quota: [{ limit: 1_000, per: 'day' }] },
    },
  })
  const send = async (path: string) => {
    const response = await call(app, path, { method: 'POST', body: '{}' })
    return { status: response.status, id: response.headers.get('gatehouse-request-id') }
  }
  await send('/a')
  const first = (await reported(app))[0]?.found[0]?.firstAt
  moveTimeBy(60_000)
  await send('/b')
  const last = await send('/b')
  expect(last.status).toBe(200)
  const would = { door: 'apps', verdict: 'would-deny', fault: 'schema-mismatch' }
  expect(await reported(app)).toEqual([
    {
      policy: 'schema',
      setting: 'spec.policies.schema.mode',
      found: [
        {
          ...would,
          field: 'spec.api.routes[1].schema',
          count: 2,
          firstAt: expect.any(String),
          lastAt: expect.any(String),
          requestId: last.id,
        },
        {
          ...would,
          field: 'spec.api.routes[0].schema',
          count: 1,
          firstAt: first,
          lastAt: first,
          requestId: expect.any(String),
        },
      ],
    },
    { policy: 'quota', setting: 'spec.policies.quota.mode', found: [] },
  ])
})

it('a filter that would drop, an answer that would be withheld and a rule of the way out are told apart', async () => {
  await gatedApp('shadow-hooks', { source: { when: 'body.n > 1' }, spec: { policies: { filter: { mode: 'shadow' } } } })
  expect((await push('shadow-hooks', { body: '{"n":1}' })).status).toBe(202)
  expect((await reported('shadow-hooks'))[0]?.found).toMatchObject([
    { verdict: 'would-drop', door: 'hooks', field: 'spec.webhooks.shop.when', count: 1 },
  ])

  await apiApp('shadow-answers', {
    routes: [{ path: '/', methods: ['GET'], auth: 'none', responseSchema: schema }],
    spec: { policies: { responseSchema: { mode: 'shadow' } } },
    answer: () => Response.json({ m: 1 }),
  })
  expect((await call('shadow-answers', '/')).status).toBe(200)
  expect((await reported('shadow-answers'))[0]?.found).toMatchObject([
    { fault: 'answer-mismatch', field: 'spec.api.routes[0].responseSchema', count: 1 },
  ])

  appAt('shadow-way.example.com')
  const token = await egressApp('shadow-way', {
    egress: [{ to: 'https://other.example.com' }, { to: 'https://shadow-way.example.com', mode: 'shadow' }],
  })
  await eventually(async () => expect((await goOut(token, '/shadow-way.example.com/')).status).toBe(200))
  expect(await reported('shadow-way')).toMatchObject([
    {
      policy: 'allowList',
      setting: 'spec.egress[1].mode',
      to: 'https://shadow-way.example.com',
      found: [{ fault: 'egress-denied', door: 'egress' }],
    },
  ])
})

it('the sums are those of all isolates, and end 30 days after the last time', async () => {
  const background: Promise<unknown>[] = []
  const clock = { now: () => new Date() }
  const isolate = () => meteredShadows(env as unknown as Env, clock, work => void background.push(work))
  const [one, other] = [isolate(), isolate()]
  const what = { policy: 'schema', door: 'apps', verdict: 'would-deny', fault: 'schema-mismatch' } as const
  one.note('shadow-isolates', what, 'request-1')
  one.note('shadow-isolates', what, 'request-2')
  other.note('shadow-isolates', what, 'request-3')
  await one.list('shadow-isolates')
  expect(await other.list('shadow-isolates')).toMatchObject([{ ...what, count: 3, requestId: 'request-3' }])
  moveTimeBy(31 * 86_400_000)
  expect(await one.list('shadow-isolates')).toEqual([])
})

it('is for everybody with a role, of an app that is there', async () => {
  await apiApp('shadow-roles')
  expect(await reported('shadow-roles')).toEqual([])
  expect((await admin('shadow?app=shadow-nobody')).status).toBe(404)
  expect((await admin('shadow')).status).toBe(400)
  expect((await admin('shadow?app=shadow-roles', { roles: ['author'], teams: ['others'] })).status).toBe(403)
})
