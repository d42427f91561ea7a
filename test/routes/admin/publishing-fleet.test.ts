import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { fleetItem } from '#core/fleet/stored.ts'
import { keys } from '#core/keys.ts'
import { admin } from '../../support/admin.ts'
import { expectFault } from '../../support/faults.ts'
import { ruleDocument } from '../../support/fleet.ts'
import { inForce } from '../../support/fleet-in-force.ts'
import { documentOf } from '../../support/manifests.ts'
import { moveTimeBy } from '../../support/time.ts'

const put = (app: string, contact: string) =>
  admin(`apps/${app}`, {
    method: 'PUT',
    body: JSON.stringify(documentOf({ owner: { user: 'tess', team: 'tests', contact } }, app)),
    headers: { 'gatehouse-reason': 'try' },
  })

/** Rules that concern apps of this file alone: the registry is everybody's. */
const own = { match: "app.metadata.name.startsWith('fleet-') || app.metadata.name == 'sample'" }

it('refuses what a rule denies, naming the rule and whose it is, and puts nothing in force', async () => {
  await inForce(ruleDocument(own))
  const refused = await put('fleet-deny', 'nobody')
  const { faults } = await refused.clone().json<{ faults: unknown[] }>()
  await expectFault(refused, 'manifest-refused', 422)
  const [path, remedy] = ['spec.owner.contact', 'Name somebody.']
  expect(faults).toEqual([{ path, reason: 'names nobody', remedy, rule: 'contact-named', layer: 'org' }])
  expect(await env.REGISTRY.get(keys.pointer('fleet-deny'))).toBeNull()
  expect((await put('fleet-deny', '#tests')).status).toBe(200)
})

it('refuses a rollback to what a newer rule denies', async () => {
  const { digest } = await (await put('fleet-back', 'nobody')).json<{ digest: string }>()
  await put('fleet-back', '#tests')
  await inForce(ruleDocument(own))
  const back = await admin('apps/fleet-back/rollback', { body: { digest, reason: 'back' } })
  await expectFault(back, 'manifest-refused', 422)
})

it('tells of a warning and publishes, and keeps what is only to be recorded to itself and the audit chain', async () => {
  await inForce(ruleDocument({ ...own, action: 'Warn' }), ruleDocument({ ...own, action: 'Audit' }, 'audited'))
  const published = await put('fleet-warn', 'nobody')
  expect(published.status).toBe(200)
  expect(await published.json()).toMatchObject({ change: 'new', warnings: [{ rule: 'contact-named' }] })
  const { items } = await (await admin('audit?app=fleet-warn')).json<{ items: { type: string; data: object }[] }>()
  expect(items.filter(({ type }) => type === 'policy.broken').map(({ data }) => data)).toMatchObject([
    { rule: 'contact-named', layer: 'org', weight: 'Warn', door: 'publish', actor: 'olga' },
    { rule: 'audited', weight: 'Audit' },
  ])
})

it('publishes nothing while the rules cannot be used: malformed, changed by hand, or failing their tests', async () => {
  const good = (await fleetItem([ruleDocument(own)])).value
  const untested = (await fleetItem([ruleDocument({ tests: [] })])).value
  moveTimeBy(660_000) // the switchboard no longer serves what was published before
  for (const stored of ['{', '{}', good.replace('names nobody', 'names somebody'), untested]) {
    await env.REGISTRY.put(keys.fleet, stored)
    await expectFault(await put('fleet-bad', '#tests'), 'entry-invalid', 503)
  }
  await env.REGISTRY.put(keys.fleet, good)
  expect((await put('fleet-bad', '#tests')).status).toBe(200)
  await env.REGISTRY.delete(keys.fleet)
})
