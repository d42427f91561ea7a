import { UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { approversIn } from '#core/manifest/approvers.ts'
import type { Pointer } from '#core/manifest/entry.ts'
import { entryStatement, fleetStatement, signatureFault } from '#core/manifest/signed.ts'
import { approver, keySetOf } from '../../support/approver.ts'
import { registryStage } from '../../support/registry.ts'

const anna = await approver('ES256', 'anna')
const ed = await approver('EdDSA', 'ed')
const mallory = await approver('ES256', 'anna')
const approvers = keySetOf(anna, ed)

describe('a signature', () => {
  const entry = { environment: 'production', digest: `sha256:${'0'.repeat(64)}`, expiresAt: '2027-01-01T00:00:00.000Z' }
  const statement = entryStatement('shop', { ...entry, sequence: 3 })

  it('covers canonical JSON of app, environment, digest, end and sequence', () => {
    expect(statement).toBe(
      `{"app":"shop","digest":"sha256:${'0'.repeat(64)}","environment":"production","expiresAt":"2027-01-01T00:00:00.000Z","sequence":3}`,
    )
  })

  it.each([['ES256', anna] as const, ['EdDSA', ed] as const])('by %s counts', async (_, who) => {
    expect(await signatureFault(await who.sign(statement), statement, approvers)).toBeUndefined()
  })

  it('of nobody, of another key under an approver’s name, over something else, or of none at all counts for nothing', async () => {
    expect(await signatureFault(undefined, statement, approvers)).toContain('not signed')
    expect(await signatureFault('a.b.c', statement, approvers)).toContain('no approver')
    expect(await signatureFault(await mallory.sign(statement), statement, approvers)).toContain('no approver')
    expect(await signatureFault(new UnsecuredJWT({}).encode(), statement, approvers)).toContain('no approver')
    const rules = fleetStatement({ ...entry, sequence: 3 })
    expect(await signatureFault(await anna.sign(rules), statement, approvers)).toContain('something else')
  })

  it('is checked by public keys for ES256 or EdDSA alone', async () => {
    const jwks = (...keys: unknown[]) => approversIn(JSON.stringify({ keys }))
    expect(jwks(anna.jwk, ed.jwk)).toMatchObject({ jwks: [{ kid: 'anna' }, { kid: 'ed' }] })
    expect(jwks({ kty: 'RSA', n: 'x', e: 'AQAB' })).toContain('ES256')
    expect(jwks({ ...anna.jwk, d: 'secret' })).toContain('public')
    for (const text of ['', '{}', '{"keys": []}']) expect(approversIn(text)).toContain('Key Set')
  })
})

/** A registry that takes signed entries only, with one app in it, signed, read once, and known to the switchboard. */
async function signedStage({ isRead = true } = {}) {
  const stage = registryStage({ environment: 'production', isLocal: false, approvers })
  await stage.publish(50)
  const pointer = { ...(stage.pointers.get('shop') as Pointer), environment: 'production', sequence: 5 }
  const put = async (change: Partial<Pointer>, by = anna) => {
    const changed = { ...pointer, ...change }
    stage.pointers.set('shop', { ...changed, signature: await by.sign(entryStatement('shop', changed)) })
  }
  await put({})
  stage.highest.set('shop', 5)
  if (isRead) expect(await stage.capOf()).toBe(50)
  return { ...stage, pointer, put, signed: stage.pointers.get('shop') as Pointer }
}

/** What whoever has KV's token alone may put in the place of what is in force. */
const forgeries: Record<string, (stage: Awaited<ReturnType<typeof signedStage>>) => Promise<void> | void> = {
  'a pointer of their own': ({ put }) => put({ sequence: 6 }, mallory),
  'a pointer without a signature': ({ pointers, pointer }) => void pointers.set('shop', { ...pointer, sequence: 6 }),
  'a later end': ({ pointers, signed }) =>
    void pointers.set('shop', { ...signed, expiresAt: '2099-01-01T00:00:00.000Z' }),
  'a higher sequence': ({ pointers, signed }) => void pointers.set('shop', { ...signed, sequence: 9 }),
  'another digest': ({ pointers, signed }) =>
    void pointers.set('shop', { ...signed, digest: `sha256:${'1'.repeat(64)}` }),
  'fewer shards': ({ pointers, signed }) => void pointers.set('shop', { ...signed, shards: { github: 2 } }),
  'an older pointer that was signed once': ({ put }) => put({ sequence: 4 }),
  'a pointer signed for another environment': ({ put }) => put({ environment: 'staging' }),
  'a pointer signed for another app': async ({ pointers, pointer }) =>
    void pointers.set('shop', { ...pointer, signature: await anna.sign(entryStatement('other', pointer)) }),
  'another manifest under the digest': ({ revisions }) => {
    for (const [key, stored] of revisions) {
      const revision = structuredClone(stored) as { manifest: { spec: { limits: object } } }
      revision.manifest.spec.limits = { bodyBytes: 5_000 }
      revisions.set(key, revision)
    }
  },
}

describe('whoever can write to storage, and has no approver’s key,', () => {
  for (const [what, forge] of Object.entries(forgeries)) {
    it(`cannot put in force ${what}: the last good entry stays, and an isolate that knows none opens nothing`, async () => {
      const stage = await signedStage()
      await forge(stage)
      stage.pass(31)
      expect(await stage.capOf()).toBe(50)
      const fresh = await signedStage({ isRead: false })
      await forge(fresh)
      expect(await fresh.capOf()).toBe('invalid')
    })
  }

  it('cannot bring an older entry back while the switchboard is away', async () => {
    const stage = await signedStage()
    stage.highest.set('shop', undefined)
    await stage.put({ sequence: 4, expiresAt: '2099-01-01T00:00:00.000Z' })
    stage.pass(31)
    expect(await stage.capOf()).toBe(50)
    const fresh = await signedStage({ isRead: false })
    fresh.highest.set('shop', undefined)
    expect(await fresh.capOf()).toBe('invalid')
  })
})

it('a signed entry that came past the switchboard teaches it its sequence; one that is not signed teaches it nothing', async () => {
  const stage = await signedStage()
  await stage.put({ sequence: 7 }, ed)
  stage.pass(31)
  expect(await stage.capOf()).toBe(50)
  await stage.background()
  expect(stage.raised).toEqual(['shop 7'])

  const open = registryStage()
  await open.publish(50)
  await open.capOf()
  expect(open.raised).toEqual([])
})

it('a pointer of another environment is followed on one machine only', async () => {
  for (const isLocal of [true, false]) {
    const stage = registryStage({ environment: 'production', isLocal })
    await stage.publish(50)
    expect(await stage.capOf()).toBe(isLocal ? 50 : 'invalid')
  }
})
