import { env } from 'cloudflare:workers'
import { dump } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { admin } from '../../support/admin.ts'
import { expectFault } from '../../support/faults.ts'
import { push } from '../../support/gated-app.ts'
import { documentOf } from '../../support/manifests.ts'
import { moveTimeBy } from '../../support/time.ts'

const why = { 'gatehouse-reason': 'first release' }
const put = (app: string, manifest: unknown, path = app) =>
  admin(`apps/${path}`, {
    method: 'PUT',
    body: typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    headers: why,
  })

/** An app whose one source is spread over so many mailboxes. */
const sharded = (app: string, shards: number) => {
  const source = { scheme: 'github', secrets: ['current'], path: '/hooks', delivery: { shards } }
  return documentOf({ webhooks: { github: source } }, app)
}

/** An app whose body cap tells one manifest from another. */
const capped = (app: string, bodyBytes: number) => documentOf({ limits: { bodyBytes } }, app)

describe('PUT /admin/v1/apps/{app}', () => {
  it('puts a manifest in force, as JSON or YAML, and leaves what is in force already as it is', async () => {
    await expectFault(await push('put-shop'), 'app-unknown', 404)
    const first = await put('put-shop', capped('put-shop', 50))
    expect(first.status).toBe(200)
    const entry = await first.json<{ digest: string; publishedAt: string }>()
    expect(entry).toMatchObject({ app: 'put-shop', change: 'new', sequence: 1, publishedBy: 'olga', lacking: [] })

    const same = await (await put('put-shop', dump(capped('put-shop', 50)))).json()
    expect(same).toEqual({ ...entry, change: 'unchanged' })
    moveTimeBy(5_000)
    await expectFault(await push('put-shop', { source: 'github', body: 'x'.repeat(51) }), 'body-too-large', 413)
  })

  it('is in force within 5 s where the old one was in memory', async () => {
    await put('put-change', capped('put-change', 50))
    moveTimeBy(5_000)
    const large = () => push('put-change', { source: 'github', body: 'x'.repeat(51) })
    await expectFault(await large(), 'body-too-large', 413)
    expect(await (await put('put-change', capped('put-change', 500))).json()).toMatchObject({
      change: 'changed',
      sequence: 2,
    })
    moveTimeBy(5_000)
    expect((await large()).headers.get('gatehouse-fault')).not.toBe('body-too-large')
  })

  it('refuses fewer shards than the source has ever had, with path, reason and remedy', async () => {
    const app = 'put-shards'
    expect((await put(app, sharded(app, 4))).status).toBe(200)
    expect(
      (await put(app, documentOf({ webhooks: { other: { scheme: 'github', secrets: ['current'], path: '/' } } }, app)))
        .status,
    ).toBe(200)
    const refused = await put(app, sharded(app, 2))
    expect((await refused.clone().json<{ faults: unknown }>()).faults).toEqual([
      {
        path: 'spec.webhooks.github.delivery.shards',
        reason: 'is 2, but the source has had 4: events lie in all of them',
        remedy: 'Write 4 or more; concurrency and perSecond may shrink.',
      },
    ])
    await expectFault(refused, 'manifest-refused', 422)
    expect((await put(app, sharded(app, 8))).status).toBe(200)
  })

  it('refuses a manifest with every fault, its line and a remedy, and changes nothing', async () => {
    const broken = dump({ ...capped('put-broken', 50), kind: 'Macro' }).replace('bodyBytes', 'bodyBites')
    const refused = await put('put-broken', broken)
    const { faults } = await refused.clone().json<{ faults: { path: string; line: number; remedy: string }[] }>()
    await expectFault(refused, 'manifest-refused', 422)
    expect(faults.map(({ path }) => path).sort()).toEqual(['kind', 'spec.limits.bodyBites'])
    for (const { line, remedy } of faults) expect([line > 0, remedy.length > 0]).toEqual([true, true])
    expect(await env.REGISTRY.get(keys.pointer('put-broken'))).toBeNull()
  })

  it('refuses a manifest of another app, a body that is none, and whoever may not', async () => {
    await expectFault(await put('put-a', capped('put-b', 50)), 'manifest-refused', 422)
    await expectFault(await put('put-a', '{'), 'manifest-refused', 422)
    await expectFault(await put('put-a', 'x'.repeat(262_145)), 'body-too-large', 413)
    const manifest = JSON.stringify(capped('put-a', 50))
    await expectFault(await admin('apps/put-a', { method: 'PUT', body: manifest }), 'request-invalid', 400)
    const asAuthor = { method: 'PUT', body: manifest, headers: why, roles: ['author'] }
    await expectFault(await admin('apps/put-a', asAuthor), 'role-missing', 403)
  })

  it('gives two who publish at the same time two sequences, the later one in force', async () => {
    const both = await Promise.all(
      [1, 2].map(n =>
        put('put-race', capped('put-race', n)).then(answer => answer.json<{ sequence: number; digest: string }>()),
      ),
    )
    expect(both.map(({ sequence }) => sequence).sort()).toEqual([1, 2])
    const last = both.find(({ sequence }) => sequence === 2)
    expect(await env.REGISTRY.get<{ digest: string }>(keys.pointer('put-race'), 'json')).toMatchObject({
      digest: last?.digest,
    })
  })
})

describe('a rollback', () => {
  it('puts an earlier revision in force under a new, higher sequence, and keeps the end of life', async () => {
    const first = await (await put('roll-back', capped('roll-back', 50))).json<{ digest: string; expiresAt: string }>()
    await put('roll-back', capped('roll-back', 500))
    const { items } = await (await admin('apps/roll-back/revisions')).json<{
      items: { digest: string; inForce: boolean }[]
    }>()
    expect(items).toHaveLength(2)
    const rolled = await admin('apps/roll-back/rollback', { body: { digest: first.digest, reason: 'too large' } })
    expect(await rolled.json()).toMatchObject({ digest: first.digest, sequence: 3, expiresAt: first.expiresAt })
    moveTimeBy(5_000)
    expect(await (await admin('apps/roll-back')).json()).toMatchObject({ digest: first.digest })
  })

  it('to fewer shards keeps the most there were in force, warns, and may be published again as it is', async () => {
    const app = 'roll-shards'
    const first = await (await put(app, sharded(app, 2))).json<{ digest: string }>()
    await put(app, sharded(app, 4))
    const rolled = await admin(`apps/${app}/rollback`, { body: { digest: first.digest, reason: 'a bug' } })
    expect(await rolled.json()).toMatchObject({
      digest: first.digest,
      shards: { github: 4 },
      warnings: [{ path: 'spec.webhooks.github.delivery.shards', reason: expect.stringContaining('has had 4') }],
    })
    moveTimeBy(5_000)
    const lookup = await portsFrom(env as unknown as Env & Record<string, unknown>).registry.find(app)
    expect(lookup).toMatchObject({
      entry: { manifest: { spec: { webhooks: { github: { delivery: { shards: 4 } } } } } },
    })
    expect(await (await put(app, sharded(app, 2))).json()).toMatchObject({ change: 'unchanged' })
  })

  it('needs a revision that there is', async () => {
    await put('roll-none', capped('roll-none', 50))
    const digest = `sha256:${'0'.repeat(64)}`
    await expectFault(await admin('apps/roll-none/rollback', { body: { digest, reason: 'why' } }), 'not-found', 404)
    await expectFault(
      await admin('apps/roll-none/rollback', { body: { digest: 'x', reason: 'why' } }),
      'request-invalid',
      400,
    )
  })
})

it('lists the apps page by page, with the bad one among them named', async () => {
  await put('zz-list-a', capped('zz-list-a', 50))
  await env.REGISTRY.put(keys.pointer('zz-list-b'), '{"not": "a pointer"}')
  const found: { app: string; fault?: string }[] = []
  let next: string | null = ''
  while (next !== null) {
    const query: string = next ? `&cursor=${encodeURIComponent(next)}` : ''
    const page = await (await admin(`apps?limit=20${query}`)).json<{ items: typeof found; next: string | null }>()
    found.push(...page.items)
    next = page.next
  }
  expect(found.filter(({ app }) => app.startsWith('zz-list'))).toMatchObject([
    { app: 'zz-list-a', stage: 'sandbox', killed: false },
    { app: 'zz-list-b', fault: 'entry-invalid' },
  ])
  await env.REGISTRY.delete(keys.pointer('zz-list-b'))
})
