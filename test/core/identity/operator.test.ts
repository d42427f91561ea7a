import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { operatorFrom } from '#core/identity/operator.ts'
import type { Settings } from '#core/settings.ts'

const now = new Date(Date.UTC(2026, 0, 1))
const nowSeconds = now.getTime() / 1000
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const stranger = await generateKeyPair('ES256')
const jwk = { ...(await exportJWK(publicKey)), kty: 'EC', kid: 'k1' }
const settings: Settings = {
  environment: 'local',
  isLocal: true,
  ownHosts: [],
  regions: new Map(),
  admin: { issuer: 'https://idp.example.com', audience: 'gatehouse', jwks: { keys: [jwk] } },
}
const claims = {
  iss: 'https://idp.example.com',
  aud: 'gatehouse',
  sub: 'olga',
  exp: nowSeconds + 60,
  roles: ['operator'],
}

const token = (change: JWTPayload = {}, key: CryptoKey = privateKey, kid = 'k1') =>
  new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'ES256', kid }).sign(key)
const judged = async (authorization: string | null, given = settings) => {
  try {
    return await operatorFrom(authorization, given, now)
  } catch (error) {
    return (error as { code: string }).code
  }
}
const bearing = async (change: JWTPayload = {}, key?: CryptoKey, kid?: string) =>
  judged(`Bearer ${await token(change, key, kid)}`)

describe('an operator', () => {
  it('is whoever the issuer says, with the roles that the gateway knows', async () => {
    expect(await bearing({ roles: ['viewer', 'operator', 'root'] })).toEqual({
      subject: 'olga',
      roles: ['operator', 'viewer'],
    })
  })

  it('may have no role at all', async () => {
    expect(await bearing({ roles: undefined })).toEqual({ subject: 'olga', roles: [] })
  })

  it('gets 30 s of clock skew, and no more', async () => {
    expect(await bearing({ exp: nowSeconds - 29 })).toMatchObject({ subject: 'olga' })
    expect(await bearing({ exp: nowSeconds - 31 })).toBe('token-expired')
    expect(await bearing({ nbf: nowSeconds + 29 })).toMatchObject({ subject: 'olga' })
    expect(await bearing({ nbf: nowSeconds + 31 })).toBe('token-invalid')
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
  ])('with the claims %j', async change => {
    expect(await bearing(change as JWTPayload)).toBe('token-invalid')
  })

  it('with a token that another key signed, under a known or an unknown name', async () => {
    expect(await bearing({}, stranger.privateKey)).toBe('token-invalid')
    expect(await bearing({}, stranger.privateKey, 'k2')).toBe('token-invalid')
  })

  it('with a token that nobody signed, or that the public key signed as a secret', async () => {
    const encode = (value: object) =>
      btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
    expect(await judged(`Bearer ${encode({ alg: 'none' })}.${encode(claims)}.`)).toBe('token-invalid')
    const shared = new TextEncoder().encode(JSON.stringify(jwk))
    const confused = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(shared)
    expect(await judged(`Bearer ${confused}`)).toBe('token-invalid')
  })

  it('where no issuer is set', async () => {
    const { admin: _, ...none } = settings
    expect(await judged(`Bearer ${await token()}`, none)).toBe('token-invalid')
  })
})
