import { runDurableObjectAlarm } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import type { ReplayView } from '#core/delivery/replay.ts'
import { expectFault } from '../../support/faults.ts'
import { accepted, eventIn, gatedApp, mailboxStub } from '../../support/gated-app.ts'
import { operatorToken } from '../../support/operator.ts'
import { eventually } from '../../support/time.ts'
import type { Seen } from '../../support/upstream.ts'

const replays = 'http://gate.example/admin/v1/replays'

async function call(
  method: string,
  path: string,
  { roles = ['operator'], body, headers = {} }: Wish = {},
): Promise<Response> {
  const authorization = `Bearer ${await operatorToken({ roles })}`
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  return exports.default.fetch(replays + path, {
    method,
    headers: { authorization, ...headers },
    ...(text !== undefined && { body: text }),
  })
}

interface Wish {
  readonly roles?: readonly string[]
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const start = (body: unknown, wish: Wish = {}) => call('POST', '', { ...wish, body })
const why = { reason: 'the app lost them' }

/** An app with two delivered events and a dead one; from now on it answers 200. */
async function stage(app: string): Promise<readonly Seen[]> {
  let n = 0
  const seen = await gatedApp(app, { answer: () => new Response(null, { status: ++n === 2 ? 410 : 200 }) })
  for (const state of ['delivered', 'dead', 'delivered'] as const) await eventIn(state, await accepted(app))
  return seen
}

/** The replay once it stands as said; until then the mailbox’s alarm goes off. */
function standing(app: string, id: string, expected: Partial<ReplayView>): Promise<ReplayView> {
  return eventually(async () => {
    await runDurableObjectAlarm(mailboxStub(app))
    const view = await (await call('GET', `/${id}`, { roles: ['viewer'] })).json<ReplayView>()
    expect(view).toMatchObject(expected)
    return view
  })
}

describe('a dry run', () => {
  it('says how many events would be sent, and sends none', async () => {
    const seen = await stage('replays-dry')
    const response = await start({ app: 'replays-dry', filter: { state: 'dead' }, dryRun: true, ...why })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ matched: 1 })
    const all = await start({ app: 'replays-dry', dryRun: true, ...why })
    expect(await all.json()).toEqual({ matched: 3 })
    const before = { to: '2020-01-01T00:00:00Z' }
    expect(await (await start({ app: 'replays-dry', filter: before, dryRun: true, ...why })).json()).toEqual({
      matched: 0,
    })
    await runDurableObjectAlarm(mailboxStub('replays-dry'))
    expect(seen).toHaveLength(3)
  })
})

describe('a replay', () => {
  it('sends what matches again, shows its progress, and is done', async () => {
    const app = 'replays-run'
    const seen = await stage(app)
    const response = await start({ app, filter: { state: 'dead', source: 'shop' }, ...why })
    expect(response.status).toBe(202)
    const started = await response.json<ReplayView>()
    const counts = { matched: 1, sent: 0, skipped: 0, delivered: 0, dead: 0 }
    expect(started).toEqual({ id: started.id, state: 'running', ...counts })
    await standing(app, started.id, { state: 'done', matched: 1, sent: 1, delivered: 1, dead: 0 })
    const ids = seen.map(({ headers }) => headers.get('webhook-id'))
    expect(ids).toHaveLength(4)
    expect(ids[3]).toBe(ids[1])
  })

  it.each([
    ['the header gatehouse-reason', '', { 'gatehouse-reason': 'enough' }],
    ['the query', '?reason=enough', {}],
  ])('is cancelled by DELETE with a reason in %s', async (_, query, headers) => {
    const app = `replays-cancel-${query ? 'query' : 'header'}`
    await stage(app)
    const { id } = await (await start({ app, perSecond: 1, ...why })).json<ReplayView>()
    const response = await call('DELETE', `/${id}${query}`, { headers })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ id, state: 'cancelled', matched: 3 })
    await standing(app, id, { state: 'cancelled' })
  })

  it('is not cancelled without a reason', async () => {
    const app = 'replays-cancel-why'
    await stage(app)
    const { id } = await (await start({ app, perSecond: 1, ...why })).json<ReplayView>()
    for (const [query, headers] of [
      ['', {}],
      ['?reason=', {}],
      ['?reason=%20', {}],
      ['', { 'gatehouse-reason': ' ' }],
    ] as const) {
      const { faults } = await expectFault(await call('DELETE', `/${id}${query}`, { headers }), 'request-invalid', 400)
      expect(faults?.map(({ path }) => path)).toEqual(['reason'])
    }
    expect(await (await call('GET', `/${id}`)).json()).toMatchObject({ state: 'running' })
  })

  it.each(['viewer', 'author', 'approver'])('is for a %s to watch, not to start or cancel', async role => {
    const app = 'replays-role'
    await gatedApp(app)
    const roles = [role]
    const { id } = await (await start({ app, ...why })).json<ReplayView>()
    expect((await call('GET', `/${id}`, { roles })).status).toBe(200)
    await expectFault(await start({ app, ...why }, { roles }), 'role-missing', 403)
    await expectFault(await start({ app, dryRun: true, ...why }, { roles }), 'role-missing', 403)
    await expectFault(await call('DELETE', `/${id}?reason=curious`, { roles }), 'role-missing', 403)
  })

  it('is not-found under an id that nobody gave, and for an app that is not there', async () => {
    await gatedApp('replays-nobody')
    const ids = ['nothing', '%00', 'any~replays-nobody~0~x', mintEventId(homeMailbox('replays-nobody'), new Date())]
    for (const id of ids) {
      await expectFault(await call('GET', `/${id}`), 'not-found', 404)
      await expectFault(await call('DELETE', `/${id}?reason=gone`), 'not-found', 404)
    }
    await expectFault(await start({ app: 'replays-no-app', ...why }), 'not-found', 404)
  })
})

describe('a request for a replay', () => {
  it('is told everything that is wrong with it at once, with a remedy each', async () => {
    const filter = { source: 'No!', state: 'ded', from: 'yesterday', to: 1, colour: 'red' }
    const response = await start({ app: 'No', filter, dryRun: 'yes', perSecond: 0, skipSuperseded: 1, fast: true })
    const { faults = [] } = await expectFault(response, 'request-invalid', 400)
    expect(faults.map(({ path }) => path).sort()).toEqual(
      ['app', 'dryRun', 'fast', 'perSecond', 'reason', 'skipSuperseded']
        .concat(['colour', 'from', 'source', 'state', 'to'].map(name => `filter.${name}`))
        .sort(),
    )
    for (const { reason, remedy } of faults)
      expect([reason, remedy]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)])
  })

  it.each(['', 'app=x', '[]', 'null', '"x"', '{}', '{"app":"replays-bad"}', '{"app":"replays-bad","reason":" "}'])(
    'is refused and starts nothing without an app and a reason in JSON: %s',
    async body => {
      const seen = await gatedApp('replays-bad')
      const { faults } = await expectFault(await start(body), 'request-invalid', 400)
      expect(faults?.length).toBeGreaterThan(0)
      expect(seen).toEqual([])
    },
  )

  it('over 64 KiB is body-too-large', async () => {
    await expectFault(await start({ app: 'replays-bad', reason: 'x'.repeat(70_000) }), 'body-too-large', 413)
  })
})
