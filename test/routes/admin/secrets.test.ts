import { env } from 'cloudflare:workers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { keys } from '#core/keys.ts'
import { seal } from '#core/secrets/sealed.ts'
import { Secret } from '#core/secrets/secret.ts'
import type { Env } from '#platform/env.ts'
import { appSecrets } from '#platform/secrets/sealed.ts'
import { admin } from '../../support/admin.ts'
import { expectFault } from '../../support/faults.ts'
import { gatedApp, push } from '../../support/gated-app.ts'
import { recordingPorts } from '../../support/ports.ts'
import { moveTimeBy } from '../../support/time.ts'

const because = { 'gatehouse-reason': 'rotation' }
const put = (path: string, value: string, call: object = {}) =>
  admin(`secrets/${path}`, { method: 'PUT', body: value, headers: because, ...call })

const whsec = (letter: string) => `whsec_${btoa(letter.repeat(24))}`
/** A source whose only secret is a name that no Worker secret stands for. */
const sealedSource = { source: { secrets: ['sealed-one'] } }

const key = new Secret('GATEWAY_KEK', btoa('n'.repeat(32)))

/** Secrets as an isolate of its own finds them, over the same storage. */
function isolate(more: object = {}, bindings: object = env) {
  const recorded = recordingPorts()
  const under: Promise<unknown>[] = []
  const needed = {
    ...recorded.ports,
    clock: recorded.ports.clock,
    log: recorded.ports.log,
    counters: recorded.ports.counters,
  }
  const secrets = appSecrets(
    bindings as unknown as Env & Record<string, unknown>,
    { clock: needed.clock, log: needed.log, counters: needed.counters, keyEncryptionKey: key, ...more },
    work => under.push(work),
  )
  return { ...recorded, secrets, background: () => Promise.all(under.splice(0)) }
}

describe('a sealed secret', () => {
  it('verifies webhooks, and a new value holds within 5 s where the old one was in memory', async () => {
    await gatedApp('seal-shop', sealedSource)
    await expectFault(await push('seal-shop', { secret: whsec('a') }), 'secret-missing', 503)
    expect((await put('seal-shop/sealed-one', whsec('a'))).status).toBe(200)
    moveTimeBy(5_000)
    expect((await push('seal-shop', { secret: whsec('a') })).status).toBe(202)
    await put('seal-shop/sealed-one', whsec('b'))
    moveTimeBy(5_000)
    await expectFault(await push('seal-shop', { secret: whsec('a') }), 'signature-mismatch', 401)
    expect((await push('seal-shop', { secret: whsec('b') })).status).toBe(202)
  })

  it('is listed by name, age and last use, and its value stands nowhere', async () => {
    await gatedApp('seal-list', sealedSource)
    const answer = await put('seal-list/sealed-one', whsec('c'))
    const listed = await admin('secrets/seal-list')
    const texts = [await answer.text(), await listed.clone().text()]
    const stored = await env.REGISTRY.get(keys.secret('seal-list', 'sealed-one'))
    for (const text of [...texts, stored]) expect(text).not.toContain(whsec('c').slice(6))
    const { items } = await listed.json<{ items: object[] }>()
    expect(items).toMatchObject([{ name: 'sealed-one', sealedBy: 'olga', ageDays: 0, isCurrentKey: true }])
    const { items: audit } = await (await admin('audit?app=seal-list')).json<{ items: object[] }>()
    expect(audit).toMatchObject([{ type: 'secret.sealed', data: { actor: 'olga', secret: 'sealed-one' } }])
  })

  it('that was rotated counts no more when whoever can write to KV puts it back, nor is it sealed again', async () => {
    await put('seal-back/one', 'first')
    const [key, later] = [keys.secret('seal-back', 'one'), keys.secret('seal-back', 'two')]
    const first = (await env.REGISTRY.get(key)) ?? ''
    moveTimeBy(1_000)
    await put('seal-back/one', 'second')
    await put('seal-back/two', 'another')
    moveTimeBy(660_000) // the switchboard no longer serves either itself
    const found = async () => {
      const { secrets, logged } = isolate({ keyEncryptionKey: new Secret('GATEWAY_KEK', btoa('k'.repeat(32))) })
      return [(await secrets.find('seal-back', 'one'))?.reveal(), ...logged]
    }
    await put('seal-back/three', 'so that what is no longer recent is let go of')
    expect(await found()).toEqual(['second'])
    await env.REGISTRY.put(key, first, { metadata: { ...JSON.parse(first), kek: 'an older one' } })
    expect(await found()).toEqual([undefined, 'error secret-unread'])
    const forged = { ...JSON.parse(first), sealedAt: new Date().toISOString() }
    await env.REGISTRY.put(key, JSON.stringify(forged), { metadata: { ...forged, kek: 'an older one' } })
    expect(await found()).toEqual([undefined, 'error secret-unread'])
    expect(await (await admin('secrets/reseal', { body: { reason: 'all' } })).json()).toMatchObject({
      failed: ['seal-back/one'],
    })
    await Promise.all([key, later].map(one => env.REGISTRY.delete(one)))
  })

  it('is for operators, with a reason, a proper name and a value', async () => {
    for (const roles of [['viewer'], ['author'], ['approver']]) {
      await expectFault(await put('seal-a/b', 'x', { roles }), 'role-missing', 403)
      await expectFault(await admin('secrets/seal-a', { roles }), 'role-missing', 403)
    }
    await expectFault(await put('seal-a/b', 'x', { headers: {} }), 'request-invalid', 400)
    await expectFault(await put('seal-a/B', 'x'), 'request-invalid', 400)
    await expectFault(await put('seal-a/b', ''), 'request-invalid', 400)
    await expectFault(await put('seal-a/b', 'x'.repeat(16_385)), 'body-too-large', 413)
  })

  it('sealed by another key is named when secrets are sealed again, and one of this key stays', async () => {
    const by = { sealedAt: '2026-01-01T00:00:00.000Z', sealedBy: 'otto' }
    const foreign = new Secret('GATEWAY_KEK', btoa('f'.repeat(32)))
    const sealed = await seal('x', { app: 'seal-old', name: 'one' }, foreign, by)
    const metadata = { sealedAt: by.sealedAt, sealedBy: by.sealedBy, kek: sealed.kek }
    await env.REGISTRY.put(keys.secret('seal-old', 'one'), JSON.stringify(sealed), { metadata })
    const answer = await admin('secrets/reseal', { body: { reason: 'a new key' } })
    expect(await answer.json()).toEqual({ resealed: 0, failed: ['seal-old/one'], next: null })
    await env.REGISTRY.delete(keys.secret('seal-old', 'one'))
  })
})

describe('an isolate', () => {
  const previous = new Secret('GATEWAY_KEK', btoa('p'.repeat(32)))

  async function store(app: string, value: string, sealing = key) {
    const by = { sealedAt: '2026-01-01T00:00:00.000Z', sealedBy: 'otto' }
    await env.REGISTRY.put(
      keys.secret(app, 'one'),
      JSON.stringify(await seal(value, { app, name: 'one' }, sealing, by)),
    )
  }

  it('opens what the key before sealed, while that is set', async () => {
    await store('isolate-previous', 'old', previous)
    expect(await isolate().secrets.find('isolate-previous', 'one')).toBeUndefined()
    const found = await isolate({ previousKeyEncryptionKey: previous }).secrets.find('isolate-previous', 'one')
    expect(found?.reveal()).toBe('old')
  })

  it('takes nothing that might be an old one from storage where entries must be signed, while the switchboard is away', async () => {
    await store('isolate-away', 'perhaps old')
    const row = async () => Promise.reject(new Error('away'))
    const away = { ...env, SWITCHBOARD_REPLICA: { getByName: () => ({ row }) } }
    const find = async (more: object) => (await isolate(more, away).secrets.find('isolate-away', 'one'))?.reveal()
    expect(await find({})).toBe('perhaps old')
    expect(await find({ approvers: {} })).toBeUndefined()
  })

  it('keeps a value for a day while storage fails, and says so in the log', async () => {
    await store('isolate-keep', 'kept')
    const { secrets, pass, background, logged } = isolate()
    const first = await secrets.find('isolate-keep', 'one')
    await env.REGISTRY.put(keys.secret('isolate-keep', 'one'), '{}')
    pass(60_000)
    expect(await secrets.find('isolate-keep', 'one')).toBe(first)
    await background()
    expect(await secrets.find('isolate-keep', 'one')).toBe(first)
    expect(logged).toEqual(['error secret-unread'])
  })

  it('looks a value up in Vault where it is a reference, and asks again only after a minute', async () => {
    await store('isolate-vault', 'vault://kv/shop/stripe#current')
    const asked: [string, string | null][] = []
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      asked.push([String(input), new Headers(init?.headers).get('x-vault-token')])
      return Response.json({ data: { data: { current: 'from vault', other: 1 }, metadata: { version: 3 } } })
    })
    onTestFinished(() => spy.mockRestore())
    const vault = { address: 'https://vault.example.com', token: new Secret('VAULT_TOKEN', 'hvs.token') }
    const { secrets, pass, background } = isolate({ vault })
    const find = async () => (await secrets.find('isolate-vault', 'one'))?.reveal()
    expect([await find(), await find()]).toEqual(['from vault', 'from vault'])
    expect(asked).toEqual([['https://vault.example.com/v1/kv/data/shop/stripe', 'hvs.token']])
    pass(60_000)
    await find()
    await background()
    expect(asked).toHaveLength(2)
    expect(await isolate().secrets.find('isolate-vault', 'one')).toBeUndefined()
  })
})
