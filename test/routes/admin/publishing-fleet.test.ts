import { env } from 'cloudflare:workers'
import { afterAll, expect, it } from 'vitest'
import { fleetItem } from '#core/fleet/stored.ts'
import { keys } from '#core/keys.ts'
import { admin } from '../../support/admin.ts'
import { expectFault } from '../../support/faults.ts'
import { ruleDocument } from '../../support/fleet.ts'
import { documentOf } from '../../support/manifests.ts'

const put = (app: string, contact: string) =>
  admin(`apps/${app}`, {
    method: 'PUT',
    body: JSON.stringify(documentOf({ owner: { user: 'tess', team: 'tests', contact } }, app)),
    headers: { 'gatehouse-reason': 'try' },
  })

/** Rules that concern apps of this file alone: the registry is everybody's. */
async function fleet(...rules: readonly unknown[]) {
  await env.REGISTRY.put(keys.fleet, (await fleetItem(rules)).value)
}
const own = { match: "app.metadata.name.startsWith('fleet-') || app.metadata.name == 'sample'" }

afterAll(() => env.REGISTRY.delete(keys.fleet))

it('refuses what a rule denies, naming the rule, and puts nothing in force', async () => {
  await fleet(ruleDocument(own))
  const refused = await put('fleet-deny', 'nobody')
  const { faults } = await refused.clone().json<{ faults: unknown[] }>()
  await expectFault(refused, 'manifest-refused', 422)
  const said = { path: 'spec.owner.contact', reason: 'names nobody', remedy: 'Name somebody.', rule: 'contact-named' }
  expect(faults).toEqual([said])
  expect(await env.REGISTRY.get(keys.pointer('fleet-deny'))).toBeNull()
  expect((await put('fleet-deny', '#tests')).status).toBe(200)
})

it('refuses a rollback to what a newer rule denies', async () => {
  await fleet()
  const { digest } = await (await put('fleet-back', 'nobody')).json<{ digest: string }>()
  await put('fleet-back', '#tests')
  await fleet(ruleDocument(own))
  const back = await admin('apps/fleet-back/rollback', { body: { digest, reason: 'back' } })
  await expectFault(back, 'manifest-refused', 422)
})

it('tells of a warning and publishes, and keeps what is only to be recorded to itself', async () => {
  await fleet(ruleDocument({ ...own, action: 'Warn' }), ruleDocument({ ...own, action: 'Audit' }, 'audited'))
  const published = await put('fleet-warn', 'nobody')
  expect(published.status).toBe(200)
  expect(await published.json()).toMatchObject({ change: 'new', warnings: [{ rule: 'contact-named' }] })
})

it('publishes nothing while the rules cannot be used: malformed, changed by hand, or failing their tests', async () => {
  const good = (await fleetItem([ruleDocument(own)])).value
  const untested = (await fleetItem([ruleDocument({ tests: [] })])).value
  for (const stored of ['{', '{}', good.replace('names nobody', 'names somebody'), untested]) {
    await env.REGISTRY.put(keys.fleet, stored)
    await expectFault(await put('fleet-bad', '#tests'), 'entry-invalid', 503)
  }
  await env.REGISTRY.put(keys.fleet, good)
  expect((await put('fleet-bad', '#tests')).status).toBe(200)
})
