import { env, exports } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { homeMailbox, mailboxName } from '#core/delivery/event-id.ts'
import { admin } from '../../support/admin.ts'
import { apiApp, call } from '../../support/api-app.ts'
import { egressApp, tokenOf } from '../../support/egress-app.ts'
import { explained, strictApi } from '../../support/explain.ts'
import { gatedApp, signature } from '../../support/gated-app.ts'
import { eventually } from '../../support/time.ts'
import { appAt } from '../../support/upstream.ts'

describe('an explanation', () => {
  it('takes, counts, keeps, records, fetches and logs nothing', async () => {
    const app = 'explain-dry'
    const { issuer, seen } = await strictApi(app)
    await gatedApp('explain-dry-hook', {
      source: { limits: { rate: [{ name: 'r', limit: 9, windowSeconds: 3_600 }] } },
    })
    await egressApp('explain-dry-way', {
      egress: [{ to: 'https://dry.example.com', budget: { requestsPerDay: 9 }, concurrency: 3 }],
    })
    const outside = appAt('dry.example.com')
    const token = await issuer.sign()
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': 'k', 'content-type': 'application/json' }
    const left = await answered(() => call(app, '/v1/places', { headers }))
    const hook = '{"n":1,"mail":"ann@example.org"}'
    const questions = [
      {
        app,
        door: 'apps',
        request: { method: 'POST', url: `/apps/${app}/v1/orders`, headers, body: '{"n":1,"m":"ann@example.org"}' },
      },
      { app, door: 'apps', request: { url: `/apps/${app}/v1/places`, headers: { authorization: 'Bearer a.b.c' } } },
      {
        app: 'explain-dry-hook',
        door: 'hooks',
        request: { url: '/hooks/explain-dry-hook/shop', headers: await signature({ body: hook }), body: hook },
      },
      {
        app: 'explain-dry-way',
        door: 'egress',
        request: { url: '/egress/dry.example.com/', headers: { 'gatehouse-token': await tokenOf('explain-dry-way') } },
      },
      { app: 'explain-dry-none', door: 'apps', request: { url: '/apps/explain-dry-none/' } },
    ]
    const traces = async () => {
      const apps = [app, 'explain-dry-hook', 'explain-dry-way', '-']
      const admins = await Promise.all(
        [...apps.slice(0, 3).flatMap(one => [`events?app=${one}`, `audit?app=${one}`]), 'discoveries'].map(async path =>
          (await admin(path)).json<{ items: unknown[] }>(),
        ),
      )
      const found = (admins.pop()?.items ?? []) as { app: string }[]
      const discovered = found.filter(one => one.app.startsWith('explain-dry'))
      return {
        admins,
        discovered,
        mailbox: await env.MAILBOX.getByName(mailboxName(homeMailbox('explain-dry-hook'))).shards(),
        series: await Promise.all(apps.slice(0, 3).map(async one => (await env.METER.getByName(one).read()).series)),
        registry: (await env.REGISTRY.list({ prefix: 'apps/explain-dry' })).keys.map(({ name }) => name),
        keySets: (await env.REGISTRY.list({ prefix: 'key-sets/' })).keys.length,
        fetched: [seen.length, outside.length, issuer.seen.length],
      }
    }
    await metricsFlushed()
    const before = await traces()
    const lines: string[] = []
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map(name =>
      vi.spyOn(console, name).mockImplementation((...words) => void lines.push(words.join(' '))),
    )
    const answers = []
    for (let n = 0; n < 3; n++) for (const question of questions) answers.push(await explained(question))
    for (const spy of spies) spy.mockRestore()
    await metricsFlushed()
    expect(await traces()).toEqual(before)
    expect(
      answers.map(({ decision }) => decision),
      JSON.stringify(answers[0]),
    ).toEqual(Array(3).fill(['allow', 'deny', 'allow', 'allow', 'deny']).flat())
    const own = lines.filter(line => line.includes('explain-dry'))
    expect(own).toEqual([])
    for (const text of [JSON.stringify(answers), lines.join('\n')]) {
      expect(text).not.toContain(token)
      expect(text).not.toContain(token.split('.')[2])
      expect(text).not.toContain('ann@example.org')
    }
    // nothing was claimed or spent: the same request is the first one at the door itself
    const [first] = questions
    const { request } = first as { request: { headers: Record<string, string>; body: string } }
    const real = () => call(app, '/v1/orders', { method: 'POST', headers: request.headers, body: request.body })
    expect(await answered(real)).toBe(left - 1)
  })

  it('is for authors, of a request that could come to the app', async () => {
    await apiApp('explain-whole')
    const request = { url: '/apps/explain-whole/' }
    const question = { app: 'explain-whole', door: 'apps', request }
    expect((await admin('explain', { body: question, roles: ['operator', 'viewer', 'approver'] })).status).toBe(403)
    const wrong = [
      { ...question, door: 'token' },
      { ...question, app: 'explain-other' },
      { ...question, request: { url: '/hooks/explain-whole/shop' } },
      { ...question, door: 'hooks', request: { url: '/hooks/explain-whole' } },
      { ...question, door: 'egress' },
      { ...question, request: { ...request, headers: { 'a b': 'c' } } },
      { ...question, extra: 1 },
    ]
    for (const body of wrong) expect((await admin('explain', { body, roles: ['author', 'operator'] })).status).toBe(400)
    expect((await admin('explain', { body: question, roles: ['author'] })).status).toBe(200)
    expect((await admin('explain', { body: question, roles: ['author'], teams: ['others'] })).status).toBe(403)
  })
})

/** Reading the metrics flushes what this isolate has counted. */
async function metricsFlushed(): Promise<void> {
  await (await exports.default.fetch('http://gate.example/metrics')).text()
}

/** What a real call leaves of the limit; on a busy machine the store of the limits may be away at first. */
function answered(request: () => Promise<Response>): Promise<number> {
  return eventually(async () => {
    const response = await request()
    expect([response.status, response.headers.get('gatehouse-replayed')]).toEqual([200, null])
    return Number(/"burst";r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1])
  })
}
