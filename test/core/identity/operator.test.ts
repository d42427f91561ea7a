import fc from 'fast-check'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Algorithm } from '#core/identity/algorithms.ts'
import { KeySet } from '#core/identity/key-set.ts'
import type { KeyLookup, KeySets } from '#core/identity/key-sets.ts'
import { localIssuer } from '#core/identity/local-issuer.ts'
import { operatorFrom } from '#core/identity/operator.ts'
import type { Settings } from '#core/settings/settings.ts'

const now = new Date(Date.UTC(2026, 0, 1))
const nowSeconds = now.getTime() / 1000
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const stranger = await generateKeyPair('ES256')
const machine = await generateKeyPair('ES256', { extractable: true })
const jwk = { ...(await exportJWK(publicKey)), kty: 'EC', kid: 'k1' }
const machineJwk = { ...(await exportJWK(machine.publicKey)), kty: 'EC', kid: 'm1' }
const admin = { teamsClaim: 'teams', provider: { issuer: 'https://idp.example.com', audience: 'gatehouse' } }
const settings: Settings = { environment: 'local', isLocal: true, ownHosts: [], regions: new Map(), admin }
const onMachine: Settings = { ...settings, admin: { ...admin, localKeys: new KeySet([machineJwk]) } }
const claims = {
  iss: 'https://idp.example.com',
  aud: 'gatehouse',
  sub: 'olga',
  exp: nowSeconds + 60,
  roles: ['operator'],
}

/** The provider's key set, as this isolate knows it, and which issuers it was asked for. */
const asked: string[] = []
const published = new KeySet([jwk])
const keySets = {
  async find({ issuer }: { issuer: string }, kid: string | undefined, algorithm: Algorithm): Promise<KeyLookup> {
    asked.push(issuer)
    const key = await published.find(kid, algorithm)
    return key ? { kind: 'key', key } : { kind: 'unknown' }
  },
}

const token = (change: JWTPayload = {}, key: CryptoKey = privateKey, header: object = { kid: 'k1' }) =>
  new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'ES256', ...header }).sign(key)
const judged = async (authorization: string | null, given = settings, keys: object = keySets) => {
  try {
    const ports = { settings: given, keySets: keys as KeySets, clock: { now: () => now } }
    return await operatorFrom(authorization, ports)
  } catch (error) {
    return (error as { code: string }).code
  }
}
const bearing = async (change: JWTPayload = {}, key?: CryptoKey, header?: object) =>
  judged(`Bearer ${await token(change, key, header)}`)

describe('an operator', () => {
  it('is whoever the issuer says, with the roles that the gateway knows', async () => {
    expect(await bearing({ roles: ['viewer', 'operator', 'root'] })).toEqual({
      subject: 'olga',
      roles: ['operator', 'viewer'],
      teams: [],
    })
  })

  it('may have no role at all', async () => {
    expect(await bearing({ roles: undefined })).toEqual({ subject: 'olga', roles: [], teams: [] })
  })

  it('has the teams of the claim that the settings name, be it a list or one name', async () => {
    expect(await bearing({ teams: ['food', 'maps'] })).toMatchObject({ teams: ['food', 'maps'] })
    expect(await bearing({ teams: 'food' })).toMatchObject({ teams: ['food'] })
    const named = { ...settings, admin: { ...admin, teamsClaim: 'https://example.com/groups' } }
    const bearer = `Bearer ${await token({ teams: ['food'], 'https://example.com/groups': ['maps'] })}`
    expect(await judged(bearer, named)).toMatchObject({ teams: ['maps'] })
  })

  it('gets 30 s of clock skew, and no more', async () => {
    expect(await bearing({ exp: nowSeconds - 29 })).toMatchObject({ subject: 'olga' })
    expect(await bearing({ exp: nowSeconds - 31 })).toBe('token-expired')
    expect(await bearing({ nbf: nowSeconds + 29 })).toMatchObject({ subject: 'olga' })
    expect(await bearing({ nbf: nowSeconds + 31 })).toBe('token-invalid')
  })

  it('of one machine is whoever its own key signed for, beside the provider, and nobody else asks for keys', async () => {
    const change = { iss: localIssuer.issuer, aud: localIssuer.audience }
    const minted = `Bearer ${await token(change, machine.privateKey, { kid: 'm1' })}`
    asked.length = 0
    expect(await judged(minted, onMachine)).toMatchObject({ subject: 'olga' })
    expect(asked).toEqual([])
    expect(await judged(`Bearer ${await token()}`, onMachine)).toMatchObject({ subject: 'olga' })
    expect(await judged(minted, settings), 'without its key').toBe('token-invalid')
  })

  it('of one issuer is not vouched for by the key or the audience of the other', async () => {
    const mixed = [
      await token({ iss: localIssuer.issuer, aud: localIssuer.audience }),
      await token({}, machine.privateKey, { kid: 'm1' }),
      await token({ iss: localIssuer.issuer }, machine.privateKey, { kid: 'm1' }),
      await token({ aud: localIssuer.audience }),
    ]
    for (const one of mixed) expect(await judged(`Bearer ${one}`, onMachine)).toBe('token-invalid')
  })
})

describe('nobody is one', () => {
  it('without a token', async () => {
    expect(await judged(null)).toBe('token-missing')
    expect(await judged('')).toBe('token-missing')
  })

  it.each([
    'Basic b2xnYTp4',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer x',
    'Bearer a.b.c',
    `Bearer ${'a'.repeat(20_000)}`,
  ])('with %s', async authorization => {
    expect(await judged(authorization)).toBe('token-invalid')
  })

  it('with two tokens in one header', async () => {
    expect(await judged(`Bearer ${await token()}, Bearer ${await token()}`)).toBe('token-invalid')
  })

  it.each([
    { iss: 'https://evil.example.com' },
    { aud: 'another' },
    { sub: undefined },
    { exp: undefined },
    { roles: 'operator' },
    { teams: { food: true } },
  ])('with the claims %j', async change => {
    expect(await bearing(change as JWTPayload)).toBe('token-invalid')
  })

  it('with a token of the issuer for another use, or that brings its own key', async () => {
    expect(await bearing({}, privateKey, { kid: 'k1', typ: 'logout+jwt' })).toBe('token-invalid')
    const own = await exportJWK(stranger.publicKey)
    expect(await bearing({}, stranger.privateKey, { jwk: own })).toBe('token-invalid')
  })

  it('who merely holds a token that is bound to a key', async () => {
    expect(await bearing({ cnf: { jkt: 'x'.repeat(43) } })).toBe('token-invalid')
  })

  it('by claims of any form: a role or a team counts only where a list says it in full', async () => {
    const claim = fc.oneof(
      fc.array(fc.oneof(fc.constantFrom('operator', 'viewer', ' operator'), fc.jsonValue())),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(claim, claim, async (claimedRoles, claimedTeams) => {
        const operator = await bearing({ roles: claimedRoles, teams: claimedTeams })
        if (operator === 'token-invalid') return
        if (typeof operator === 'string') throw new Error(operator)
        for (const role of operator.roles) expect(claimedRoles).toContain(role)
        for (const team of operator.teams) expect([claimedTeams].flat()).toContain(team)
      }),
      { numRuns: 200 },
    )
  })

  it('with a token that another key signed, under a known or an unknown name', async () => {
    expect(await bearing({}, stranger.privateKey)).toBe('token-invalid')
    expect(await bearing({}, stranger.privateKey, { kid: 'k2' })).toBe('token-invalid')
  })

  it('with a token that nobody signed, or that the public key signed as a secret', async () => {
    const encode = (value: object) =>
      btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
    expect(await judged(`Bearer ${encode({ alg: 'none' })}.${encode(claims)}.`)).toBe('token-invalid')
    const shared = new TextEncoder().encode(JSON.stringify(jwk))
    const confused = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(shared)
    expect(await judged(`Bearer ${confused}`)).toBe('token-invalid')
  })

  it('while no key of the issuer is known and it is away', async () => {
    const away = { find: async () => ({ kind: 'unreachable' }) }
    expect(await judged(`Bearer ${await token()}`, settings, away)).toBe('issuer-unreachable')
  })

  it('where no issuer is set', async () => {
    const { admin: _, ...none } = settings
    expect(await judged(`Bearer ${await token()}`, none)).toBe('token-invalid')
  })
})
