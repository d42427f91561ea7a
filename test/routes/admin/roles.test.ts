import { describe, expect, it } from 'vitest'
import { admin } from '../../support/admin.ts'
import { contract } from '../../support/api-contract.ts'
import { expectFault } from '../../support/faults.ts'
import { accepted, gatedApp } from '../../support/gated-app.ts'

/** Design §9, by role: whoever may make a call, and `none`, for which a token is enough. */
const design: Readonly<Record<string, readonly string[]>> = {
  none: ['GET /whoami'],
  viewer: [
    'GET /apps',
    'GET /apps/{app}',
    'GET /apps/{app}/revisions',
    'GET /apps/{app}/revisions/{digest}',
    'GET /audit',
    'GET /audit/verify',
    'GET /discoveries',
    'GET /events',
    'GET /events/{id}',
    'GET /fleet',
    'GET /openapi.json',
    'GET /registry',
    'GET /shadow',
    'GET /status',
    'GET /replays/{id}',
  ],
  author: ['GET /egress/suggestions', 'POST /egress/explain', 'POST /explain', 'POST /masking/preview'],
  approver: ['POST /apps/{app}/revisions/{digest}/approve', 'POST /apps/{app}/revisions/{digest}/reject'],
  operator: [
    'DELETE /events/{id}',
    'DELETE /replays/{id}',
    'GET /events/{id}/payload',
    'GET /secrets/{app}',
    'POST /apps/{app}/kill',
    'POST /apps/{app}/pause',
    'POST /apps/{app}/purge',
    'POST /apps/{app}/quarantine',
    'POST /apps/{app}/release',
    'POST /apps/{app}/resume',
    'POST /apps/{app}/revive',
    'POST /apps/{app}/rollback',
    'POST /apps/{app}/sources/{source}/pause',
    'POST /apps/{app}/sources/{source}/resume',
    'POST /events/{id}/replay',
    'POST /replays',
    'POST /secrets/reseal',
    'PUT /apps/{app}',
    'PUT /fleet',
    'PUT /secrets/{app}/{name}',
  ],
}

const rows = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { security }]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    role: security[0]?.operator[0] ?? 'none',
  })),
)

describe('who may do what', () => {
  it('is what the design says of each call, and a call it does not name is for no more than it needs', () => {
    for (const [role, names] of Object.entries(design)) {
      const had = rows.filter(row => row.role === role).map(({ name }) => name)
      expect(had, role).toEqual(expect.arrayContaining([...names]))
    }
  })

  it.each(rows.filter(({ role }) => role !== 'none' && role !== 'viewer'))(
    '$name is refused to every role but $role, before anything of it is looked at',
    async ({ method, path, role }) => {
      const others = ['operator', 'approver', 'author', 'viewer', 'root'].filter(other => other !== role)
      const response = await admin(path.slice(1).replaceAll(/[{}]/g, ''), { method, roles: others })
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="admin", error="insufficient_scope"')
      await expectFault(response, 'role-missing', 403)
    },
  )
})

describe('an author', () => {
  const asAuthor = (path: string, teams: readonly string[], body?: unknown) =>
    admin(path, { roles: ['author'], teams, ...(body !== undefined && { body }) })
  const owned = (team: string) => ({ spec: { owner: { user: 'tess', team, contact: '#tests' } } })

  it('sees the apps of their own teams, their events and their records, and nothing of others', async () => {
    await gatedApp('team-food', owned('food'))
    await gatedApp('team-maps', owned('maps'))
    const paths = async (app: string) => {
      const id = await accepted(app)
      const reading = ['apps/@', 'apps/@/revisions', 'events?app=@', 'audit?app=@', 'audit/verify?app=@']
      return [...reading, `events/${id}`, 'egress/suggestions?app=@'].map(path => path.replace('@', app))
    }
    for (const path of await paths('team-food'))
      expect([path, (await asAuthor(path, ['food', 'x'])).status]).toEqual([path, 200])
    for (const path of await paths('team-maps'))
      await expectFault(await asAuthor(path, ['food', 'x']), 'role-missing', 403)
    for (const path of await paths('team-food')) await expectFault(await asAuthor(path, []), 'role-missing', 403)
  })

  it('is shown a list of their own apps alone', async () => {
    await gatedApp('team-listed', owned('listed'))
    const apps: { app: string }[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await asAuthor(`apps?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, ['listed'])
      const { items, next } = await page.json<{ items: { app: string }[]; next: string | null }>()
      apps.push(...items)
      cursor = next
    }
    expect(apps.map(({ app }) => app)).toEqual(['team-listed'])
  })

  it('sees nothing of the fleet, but may try masking out', async () => {
    for (const path of ['audit', 'audit/verify', 'discoveries'])
      await expectFault(await asAuthor(path, ['food']), 'role-missing', 403)
    expect((await asAuthor('masking/preview', [], { text: 'to ann@example.com' })).status).toBe(200)
  })

  it('may ask about their own apps, and use the keys of no other', async () => {
    await gatedApp('team-asked', owned('asked'))
    const question = { app: 'team-asked', url: 'https://a.example.com/' }
    const draft = { app: 'team-asked', text: 'to ann@example.com', action: 'tokenize' }
    for (const [path, body] of [
      ['egress/explain', question],
      ['masking/preview', draft],
    ] as const) {
      expect((await asAuthor(path, ['asked'], body)).status).toBe(200)
      await expectFault(await asAuthor(path, ['food'], body), 'role-missing', 403)
      await expectFault(await asAuthor(path, ['food'], { ...body, app: 'team-nobody' }), 'not-found', 404)
      expect((await admin(path, { roles: ['author', 'operator'], teams: [], body })).status).toBe(200)
    }
  })

  it('who is a viewer too sees every app, and still asks about their own alone', async () => {
    await gatedApp('team-both', owned('both'))
    const both = { roles: ['author', 'viewer'], teams: ['food'] }
    expect((await admin('apps/team-both', both)).status).toBe(200)
    const body = { app: 'team-both', url: 'https://a.example.com/' }
    await expectFault(await admin('egress/explain', { ...both, body }), 'role-missing', 403)
  })

  it('changes nothing, also of their own', async () => {
    await gatedApp('team-fixed', owned('fixed'))
    const body = { reason: 'mine' }
    for (const action of ['kill', 'pause', 'purge', 'rollback'])
      await expectFault(await asAuthor(`apps/team-fixed/${action}`, ['fixed'], body), 'role-missing', 403)
  })
})
