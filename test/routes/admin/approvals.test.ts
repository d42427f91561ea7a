import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { entryStatement } from '#core/manifest/signed.ts'
import { type AdminCall, admin } from '../../support/admin.ts'
import { approver } from '../../support/approver.ts'
import { expectFault } from '../../support/faults.ts'
import { gatewayWith } from '../../support/gateway-with.ts'
import { documentOf } from '../../support/manifests.ts'

const approving = gatewayWith({ REQUIRE_APPROVAL: 'true' })
const why = { 'gatehouse-reason': 'first release' }
const call = (path: string, more: AdminCall = {}) => admin(path, { gateway: approving, ...more })
const put = (app: string, spec: object, more: AdminCall = {}) =>
  call(`apps/${app}`, { method: 'PUT', body: JSON.stringify(documentOf(spec as never, app)), headers: why, ...more })
const asked = async (answer: Response) => {
  expect(answer.status).toBe(202)
  return (await answer.json<{ pending: { digest: string; reasons: string[]; pointer: never } }>()).pending
}
const approve = (app: string, digest: string, more: AdminCall & { signature?: string } = {}) => {
  const { signature, ...rest } = more
  const body = { reason: 'looked at it', ...(signature && { signature }) }
  return call(`apps/${app}/revisions/${digest}/approve`, { body, roles: ['approver'], subject: 'anna', ...rest })
}
const digestOf = async (app: string) => {
  const pointer = await env.REGISTRY.get<{ digest: string }>(keys.pointer(app), 'json')
  return pointer?.digest
}

const production = { lifecycle: { stage: 'production' } }
const wider = { ...production, egress: [{ to: 'https://maps.example.com' }] }

describe('a manifest that brings an app into production', () => {
  it('waits for an approver who did not publish it, and is in force once approved', async () => {
    const pending = await asked(await put('waits-prod', production))
    expect(pending.reasons).toEqual(['its stage becomes production'])
    expect(await digestOf('waits-prod')).toBeUndefined()

    const own = { roles: ['approver', 'operator'], subject: 'olga' }
    await expectFault(await approve('waits-prod', pending.digest, own), 'approval-own', 403)
    await expectFault(await approve('waits-prod', pending.digest, { roles: ['operator'] }), 'role-missing', 403)
    expect(await digestOf('waits-prod')).toBeUndefined()

    const approved = await approve('waits-prod', pending.digest)
    expect(await approved.json()).toMatchObject({ change: 'new', publishedBy: 'olga', sequence: 1, lacking: [] })
    expect(await digestOf('waits-prod')).toBe(pending.digest)
    await expectFault(await approve('waits-prod', pending.digest), 'not-found', 404)

    const { items } = await (await call('audit?app=waits-prod')).json<{ items: { type: string; data: object }[] }>()
    expect(items.map(({ type }) => type)).toEqual(['app.published', 'app.approval.granted', 'app.proposed'])
    expect(items[1]?.data).toMatchObject({ actor: 'anna', publishedBy: 'olga', digest: pending.digest })
  })

  it('is listed with its revisions, also before the app is registered, and can be read and turned down', async () => {
    const { digest } = await asked(await put('waits-list', production))
    const listed = await (await call('apps/waits-list/revisions', { roles: ['viewer'] })).json()
    expect(listed).toMatchObject({ items: [{ digest, inForce: false, pending: { publishedBy: 'olga', from: null } }] })
    const shown = await (await call(`apps/waits-list/revisions/${digest}`)).json()
    expect(shown).toMatchObject({ digest, manifest: { metadata: { name: 'waits-list' } } })

    const body = { reason: 'not now' }
    const path = `apps/waits-list/revisions/${digest}/reject`
    await expectFault(await call(path, { body, roles: ['operator'] }), 'role-missing', 403)
    expect((await call(path, { body, roles: ['approver'], subject: 'anna' })).status).toBe(200)
    await expectFault(await approve('waits-list', digest), 'not-found', 404)
  })
})

describe('a manifest of a production app', () => {
  it('waits if it widens, and holds at once if it narrows or loosens a limit only', async () => {
    const first = await asked(await put('waits-wide', production))
    await approve('waits-wide', first.digest)
    expect((await put('waits-wide', { ...production, limits: { bodyBytes: 5 } })).status).toBe(200)
    expect((await put('waits-wide', production)).status).toBe(200)
    const wide = await asked(await put('waits-wide', wider))
    expect(wide.reasons).toEqual(['egress: the way to any method https://maps.example.com'])
    expect(await digestOf('waits-wide')).toBe(first.digest)
    expect((await approve('waits-wide', wide.digest)).status).toBe(200)
    expect((await put('waits-wide', production)).status).toBe(200)
  })

  it('may be rolled back to what was approved before, and not to what never was', async () => {
    const first = await asked(await put('waits-roll', production))
    await approve('waits-roll', first.digest)
    const wide = await asked(await put('waits-roll', wider))
    await approve('waits-roll', wide.digest)
    await put('waits-roll', production)
    const back = (digest: string) => call('apps/waits-roll/rollback', { body: { digest, reason: 'broken' } })
    expect(await (await back(wide.digest)).json()).toMatchObject({ digest: wide.digest, sequence: 4 })

    const never = await admin('apps/waits-roll', {
      method: 'PUT',
      headers: why,
      body: JSON.stringify(documentOf({ ...wider, egress: [{ to: 'https://b.example.com' }] } as never, 'waits-roll')),
    })
    const { digest } = await never.json<{ digest: string }>()
    await put('waits-roll', production)
    expect((await back(digest)).status).toBe(202)
  })

  it('is approved over what was in force when it was proposed, and over nothing else', async () => {
    const first = await asked(await put('waits-over', production))
    await approve('waits-over', first.digest)
    const wide = await asked(await put('waits-over', wider))
    const fleet = { ...production, limits: { bodyBytes: 5 } }
    await admin('apps/waits-over', {
      method: 'PUT',
      headers: why,
      body: JSON.stringify(documentOf(fleet as never, 'waits-over')),
    })
    await expectFault(await approve('waits-over', wide.digest), 'not-found', 404)
  })
})

it('waits nowhere where approval is not required, which is so on one machine', async () => {
  expect((await put('waits-not', production, { gateway: undefined as never })).status).toBe(200)
})

describe('where entries must be signed', () => {
  it('every publication waits for a signature over what comes into force, and holds with it; fleet rules come with theirs', async () => {
    const signer = await approver('EdDSA', 'ed')
    const stranger = await approver('EdDSA', 'ed')
    const keysOf = JSON.stringify({ keys: [signer.jwk] })
    const gateway = gatewayWith({ REQUIRE_APPROVAL: 'false', REQUIRE_SIGNED_ENTRIES: 'true', APPROVERS_JWKS: keysOf })
    const putRules = (signature?: string) =>
      call('fleet', { method: 'PUT', body: { documents: [], signature }, headers: why, gateway })
    const { faults } = await (await putRules()).json<{ faults: { remedy: string }[] }>()
    const [, rules = ''] = /^Sign (\{.*\}) as an approver/.exec(faults[0]?.remedy ?? '') ?? []
    await expectFault(await putRules(await stranger.sign(rules)), 'request-invalid', 400)
    expect((await putRules(await signer.sign(rules))).status).toBe(200)

    const { digest, pointer, reasons } = await asked(await put('waits-sign', {}, { gateway }))
    expect(reasons).toEqual([])
    const statement = entryStatement('waits-sign', pointer)
    const withSignature = async (signature?: string) =>
      approve('waits-sign', digest, { gateway, ...(signature && { signature }) })
    await expectFault(await withSignature(), 'request-invalid', 400)
    await expectFault(await withSignature(await stranger.sign(statement)), 'request-invalid', 400)
    await expectFault(await withSignature(await signer.sign(`${statement} `)), 'request-invalid', 400)
    expect(await digestOf('waits-sign')).toBeUndefined()

    expect((await withSignature(await signer.sign(statement))).status).toBe(200)
    const hook = new Request('http://gate.example/hooks/waits-sign/github', { method: 'POST', body: '{}' })
    expect((await gateway.fetch(hook)).headers.get('gatehouse-fault')).toBe('signature-missing')

    await env.REGISTRY.put(keys.pointer('waits-sign'), JSON.stringify({ ...(pointer as object), sequence: 9 }))
    const fresh = gatewayWith({ REQUIRE_SIGNED_ENTRIES: 'true', APPROVERS_JWKS: keysOf })
    expect((await fresh.fetch(new Request(hook.url, { method: 'POST' }))).headers.get('gatehouse-fault')).toBe(
      'entry-invalid',
    )
  })
})
