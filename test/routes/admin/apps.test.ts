import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { expectFault } from '../../support/faults.ts'
import { accepted, eventIn, gatedApp, mailboxes, source } from '../../support/gated-app.ts'
import { operatorToken } from '../../support/operator.ts'
import { eventually } from '../../support/time.ts'

const apps = 'http://gate.example/admin/v1/apps'

async function get(path: string, roles: readonly string[] = ['viewer']): Promise<Response> {
  return exports.default.fetch(`${apps}/${path}`, {
    headers: { authorization: `Bearer ${await operatorToken({ roles })}` },
  })
}

async function post(
  path: string,
  body: unknown = { reason: 'the app is being mended' },
  roles = ['operator'],
): Promise<Response> {
  const headers = { authorization: `Bearer ${await operatorToken({ roles })}`, 'content-type': 'application/json' }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return exports.default.fetch(`${apps}/${path}`, { method: 'POST', headers, body: text })
}

async function pausedOf(app: string): Promise<string[]> {
  return (await (await get(app)).json<{ paused: string[] }>()).paused
}

const twoSources = { moreSources: { till: source({ path: '/till' }) } }

describe('an app', () => {
  it('is shown with its digest, stage, times and what is paused', async () => {
    await gatedApp('apps-show', twoSources)
    const response = await get('apps-show')
    expect(response.status).toBe(200)
    const shown = await response.json<{ publishedAt: string; expiresAt: string }>()
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/)
    expect(shown).toEqual({
      app: 'apps-show',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      stage: 'sandbox',
      killed: false,
      quarantined: false,
      publishedAt: time,
      expiresAt: time,
      paused: [],
    })
    expect(Date.parse(shown.expiresAt) - Date.parse(shown.publishedAt)).toBe(60 * 86_400_000)
  })

  it.each(['apps-nobody', 'No', '%00'])('that is not there is not-found: %s', async app => {
    await expectFault(await get(app), 'not-found', 404)
    await expectFault(await post(`${app}/pause`), 'not-found', 404)
  })

  it('is for every role to look at, and for none without a token', async () => {
    await gatedApp('apps-roles')
    for (const role of ['viewer', 'author', 'approver', 'operator'])
      expect((await get('apps-roles', [role])).status).toBe(200)
    await expectFault(await get('apps-roles', []), 'role-missing', 403)
    await expectFault(await exports.default.fetch(`${apps}/apps-roles`), 'token-missing', 401)
  })
})

describe('pausing', () => {
  it('of a source has its deliveries wait and no others, accepts on, and shows it', async () => {
    const seen = await gatedApp('apps-pause', twoSources)
    const response = await post('apps-pause/sources/shop/pause')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ app: 'apps-pause', paused: ['shop'] })
    expect(await pausedOf('apps-pause')).toEqual(['shop'])

    const waiting = await accepted('apps-pause')
    await eventIn('delivered', await accepted('apps-pause', { source: 'till' }))
    expect(await mailboxes.show(waiting)).toMatchObject({ state: 'waiting', attempts: [] })
    expect(seen).toHaveLength(1)

    const resumed = await post('apps-pause/sources/shop/resume')
    expect(await resumed.json()).toMatchObject({ paused: [] })
    await eventIn('delivered', waiting)
    await eventually(() => expect(seen).toHaveLength(2))
  })

  it('of an app has all its deliveries wait, in order, and shows every source', async () => {
    const seen = await gatedApp('apps-pause-all', {
      source: { orderBy: '/key', delivery: { concurrency: 10 } },
      moreSources: { till: source({ path: '/till' }) },
    })
    expect(await (await post('apps-pause-all/pause')).json()).toMatchObject({ paused: ['shop', 'till'] })
    const ids: string[] = []
    for (const n of [1, 2, 3]) ids.push(await accepted('apps-pause-all', { body: `{"key":"a","n":${n}}` }))
    const till = await accepted('apps-pause-all', { source: 'till' })
    expect(seen).toEqual([])
    expect(await (await post('apps-pause-all/resume')).json()).toMatchObject({ paused: [] })
    for (const id of [...ids, till]) await eventIn('delivered', id)
    const ordered = seen.map(({ headers }) => headers.get('webhook-id')).filter(id => id !== till)
    expect(ordered).toEqual(ids)
  })

  it.each(['viewer', 'author', 'approver'])('is not for a %s', async role => {
    await gatedApp('apps-pause-role')
    for (const path of ['pause', 'resume', 'sources/shop/pause', 'sources/shop/resume'])
      await expectFault(await post(`apps-pause-role/${path}`, { reason: 'curious' }, [role]), 'role-missing', 403)
    expect(await pausedOf('apps-pause-role')).toEqual([])
  })

  it.each(['', '{}', '{"reason":""}', '{"reason":"  "}', '[]', '{"reason":1}', '{"reason":"x","source":"shop"}'])(
    'without a reason in JSON is refused and does nothing: %s',
    async body => {
      await gatedApp('apps-pause-reason')
      for (const path of ['pause', 'sources/shop/pause']) {
        const { faults } = await expectFault(await post(`apps-pause-reason/${path}`, body), 'request-invalid', 400)
        expect(faults?.length).toBeGreaterThan(0)
      }
      expect(await pausedOf('apps-pause-reason')).toEqual([])
    },
  )

  it.each(['nobody', 'constructor', '__proto__', 'Shop'])(
    'of a source that is not there is not-found: %s',
    async name => {
      await gatedApp('apps-pause-source')
      await expectFault(await post(`apps-pause-source/sources/${name}/pause`), 'not-found', 404)
      await expectFault(await post(`apps-pause-source/sources/${name}/resume`), 'not-found', 404)
    },
  )
})
