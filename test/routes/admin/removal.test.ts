import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { admin } from '../../support/admin.ts'
import { expectFault } from '../../support/faults.ts'
import { accepted, eventIn, gatedApp, push } from '../../support/gated-app.ts'
import { forgetApps } from '../../support/pointers.ts'
import { moveTimeBy } from '../../support/time.ts'

// each removal asks the other apps, and not more than 400 of them
beforeAll(forgetApps)

const remove = (app: string, query = '', roles = ['operator']) =>
  admin(`apps/${app}?reason=unused${query}`, { method: 'DELETE', roles })

/** Isolates hear of it at most 5 s later; the tests' clock is moved instead of waiting. */
const later = () => moveTimeBy(5_000)

it('an app that nothing depends on is deleted: gone for every door within 5 s, recorded, and put back by nobody', async () => {
  await gatedApp('remove-free')
  await eventIn('delivered', await accepted('remove-free'))
  const pointer = (await env.REGISTRY.get(keys.pointer('remove-free'))) ?? ''
  expect(await (await remove('remove-free')).json()).toEqual({ app: 'remove-free', lacking: [] })
  later()
  await expectFault(await push('remove-free'), 'app-unknown', 404)
  await expectFault(await admin('apps/remove-free'), 'not-found', 404)
  const { items } = await (await admin('audit?app=remove-free')).json<{ items: { type: string; data: object }[] }>()
  expect(items[0]).toMatchObject({ type: 'app.removed', data: { actor: 'olga', reason: 'unused', dependents: 0 } })

  await env.REGISTRY.put(keys.pointer('remove-free'), pointer)
  later()
  await expectFault(await push('remove-free'), 'app-killed', 503)
})

it('one published through the admin API a moment ago is gone as well', async () => {
  await gatedApp('remove-fresh')
  const document = await (await admin('apps/remove-fresh/revisions')).json<{ items: { digest: string }[] }>()
  const shown = await admin(`apps/remove-fresh/revisions/${document.items[0]?.digest}`)
  const { manifest } = await shown.json<{ manifest: object }>()
  const headers = { 'gatehouse-reason': 'again', 'content-type': 'application/json' }
  const put = await admin('apps/remove-fresh?renew=true', { method: 'PUT', body: manifest, headers })
  expect(put.status).toBe(200)
  expect((await remove('remove-fresh')).status).toBe(200)
  later()
  await expectFault(await push('remove-fresh'), 'app-unknown', 404)
})

it('it is refused while events wait and while another app names its address, all said at once, unless forced', async () => {
  await gatedApp('remove-used', { answer: () => new Response('later', { status: 503 }) })
  await eventIn('waiting', await accepted('remove-used'))
  await gatedApp('remove-user', {
    spec: { egress: [{ to: 'https://*.example.com/v1' }, { to: 'GET https://remove-used.example.com/v1/*' }] },
  })
  const refused = await remove('remove-used')
  const { faults } = await refused.clone().json<{ faults: { path: string; reason: string; remedy: string }[] }>()
  await expectFault(refused, 'app-in-use', 409)
  expect(faults.filter(({ path }) => path !== 'egress')).toEqual([
    expect.objectContaining({ path: 'events.waiting', remedy: expect.stringContaining('purge') }),
    expect.objectContaining({
      path: 'egress.1.to',
      reason: 'remove-user goes out to remove-used.example.com',
      remedy: 'Publish remove-user without this rule.',
    }),
  ])
  expect((await admin('apps/remove-used')).status).toBe(200)
  expect((await remove('remove-used', '&force=true')).status).toBe(200)
})

it('it needs the role, a reason and an app', async () => {
  await gatedApp('remove-needs')
  for (const role of ['viewer', 'author', 'approver'])
    await expectFault(await remove('remove-needs', '', [role]), 'role-missing', 403)
  await expectFault(await admin('apps/remove-needs', { method: 'DELETE' }), 'request-invalid', 400)
  await expectFault(await remove('remove-nobody'), 'not-found', 404)
})
