import {
  createLocalJWKSet,
  decodeJwt,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import { describe, expect, it } from 'vitest'
import { AppTokens, type Bearer } from '#core/identity/app-token.ts'
import { claimsOurs, verifyAppToken } from '#core/identity/verify-app-token.ts'
import { appTokensOf, ownPrivateKey, signingBindings } from '../../support/signing-keys.ts'

const startMs = Date.UTC(2026, 0, 1)
const issuer = signingBindings.TOKEN_ISSUER
const caller: Bearer = { app: 'shop', subject: 'mira', issuer: 'https://idp.example.com', scopes: ['a', 'b'] }

function stage(order?: readonly number[]) {
  let nowMs = startMs
  const clock = { now: () => new Date(nowMs) }
  const appTokens = appTokensOf(clock, order)
  return {
    clock,
    appTokens,
    pass: (seconds: number) => {
      nowMs += seconds * 1000
    },
    verify: (token: string) => verifyAppToken(token, { appTokens, clock }),
    verdict: async (token: string) => {
      const verdict = await verifyAppToken(token, { appTokens, clock })
      return verdict.kind === 'refused' ? verdict.fault : verdict.kind
    },
  }
}

describe('the token of an app', () => {
  it('is verified by any library with the published keys', async () => {
    const { appTokens, clock } = stage()
    const token = await appTokens.forwarded(caller, 'sha256:1')
    const keys = createLocalJWKSet({ keys: appTokens.keys.published() } as JSONWebKeySet)
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer,
      audience: 'shop',
      currentDate: clock.now(),
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'gatehouse+jwt', kid: 'own-1' })
    expect(payload).toEqual({
      iss: issuer,
      aud: ['shop', 'gatehouse:egress'],
      sub: 'mira',
      sub_id: { format: 'iss_sub', iss: 'https://idp.example.com', sub: 'mira' },
      app: 'shop',
      scope: 'a b',
      jti: expect.stringMatching(/^[\w-]{36}$/),
      iat: startMs / 1000,
      exp: startMs / 1000 + 300,
    })
  })

  it('shows no private part of a key', () => {
    expect(stage().appTokens.keys.published()).toEqual(
      ['own-1', 'own-2'].map(kid => ({
        kty: 'EC',
        crv: 'P-256',
        kid,
        alg: 'ES256',
        use: 'sig',
        x: expect.any(String),
        y: expect.any(String),
      })),
    )
  })

  it('is handed out again while more than 4 minutes of it remain', async () => {
    const { appTokens, pass } = stage()
    const first = await appTokens.forwarded(caller, 'sha256:1')
    pass(59)
    expect(await appTokens.forwarded(caller, 'sha256:1')).toBe(first)
    pass(1)
    expect(await appTokens.forwarded(caller, 'sha256:1')).not.toBe(first)
  })

  it('is another for another app, entry, issuer, subject or scope, and without an issuer', async () => {
    const { appTokens } = stage()
    const { issuer: _, ...nobodys } = caller
    const others: [Bearer, string][] = [
      [caller, 'sha256:1'],
      [{ ...caller, app: 'desk' }, 'sha256:1'],
      [caller, 'sha256:2'],
      [{ ...caller, issuer: 'https://other.example.com' }, 'sha256:1'],
      [{ ...caller, subject: 'tess' }, 'sha256:1'],
      [{ ...caller, scopes: ['a b'] }, 'sha256:1'],
      [nobodys, 'sha256:1'],
    ]
    const tokens = await Promise.all(others.map(([bearer, digest]) => appTokens.forwarded(bearer, digest)))
    expect(new Set(tokens.map(token => decodeJwt(token).jti)).size).toBe(others.length)
  })

  it('is remembered for so many bearers and no more', async () => {
    const { appTokens } = stage()
    const first = await appTokens.forwarded(caller, '0')
    for (let n = 1; n <= 10_000; n++) await appTokens.forwarded(caller, String(n))
    expect(await appTokens.forwarded(caller, '10000')).toBe(await appTokens.forwarded(caller, '10000'))
    expect(await appTokens.forwarded(caller, '0')).not.toBe(first)
  }, 20_000)

  it('is a fault where the gateway has no keys', async () => {
    const { clock } = stage()
    const keyless = new AppTokens(undefined, clock)
    await expect(keyless.forwarded(caller, '')).rejects.toMatchObject({ code: 'secret-missing' })
  })
})

describe('at the way out', () => {
  it('an app is who its token says', async () => {
    const { appTokens, verify } = stage()
    expect(await verify(await appTokens.forwarded(caller, ''))).toEqual({
      kind: 'app',
      app: 'shop',
      subject: 'mira',
      issuer: 'https://idp.example.com',
      scopes: ['a', 'b'],
      tokenId: expect.any(String),
    })
    const webhook = { app: 'shop', subject: 'webhook:stripe', scopes: [] }
    expect(await verify(await appTokens.minted(webhook, 60))).toEqual({
      kind: 'app',
      app: 'shop',
      subject: 'webhook:stripe',
      scopes: [],
      tokenId: expect.any(String),
    })
  })

  it('a token counts under either key, so that keys can be changed while tokens are out', async () => {
    const [before, after] = [stage([0, 1]), stage([1, 0])]
    expect(await after.verdict(await before.appTokens.forwarded(caller, ''))).toBe('app')
    expect(await before.verdict(await after.appTokens.forwarded(caller, ''))).toBe('app')
    expect(await stage([1]).verdict(await before.appTokens.forwarded(caller, ''))).toBe('token-invalid')
  })

  it('a token counts until its end, and 30 s more', async () => {
    const { appTokens, verdict, pass } = stage()
    const token = await appTokens.forwarded(caller, '')
    pass(329)
    expect(await verdict(token)).toBe('app')
    pass(1)
    expect(await verdict(token)).toBe('token-expired')
  })

  const claims = { iss: issuer, aud: ['shop', 'gatehouse:egress'], sub: 'mira', app: 'shop', scope: '', jti: '1' }
  const times = { iat: startMs / 1000, exp: startMs / 1000 + 60 }
  const forged = async (change: JWTPayload, header: Record<string, unknown> = {}) =>
    new SignJWT({ ...claims, ...times, ...change })
      .setProtectedHeader({ alg: 'ES256', typ: 'gatehouse+jwt', kid: 'own-1', ...header })
      .sign(await ownPrivateKey())

  it.each([
    [{}, {}, 'app'],
    [{ iss: 'https://other.example.com' }, {}, 'token-invalid'],
    [{ aud: ['shop'] }, {}, 'token-invalid'],
    [{ aud: 'gatehouse:egress', app: 'gatehouse' }, {}, 'token-invalid'],
    [{ aud: ['shop', 'gatehouse:egress2'] }, {}, 'token-invalid'],
    [{ app: 'desk' }, {}, 'token-invalid'],
    [{ app: undefined }, {}, 'token-invalid'],
    [{ app: 'Shop', aud: ['Shop', 'gatehouse:egress'] }, {}, 'token-invalid'],
    [{ sub: undefined }, {}, 'token-invalid'],
    [{ exp: undefined }, {}, 'token-invalid'],
    [{ iat: undefined }, {}, 'token-invalid'],
    [{ nbf: startMs / 1000 + 31 }, {}, 'token-invalid'],
    [{ scope: ['a'] }, {}, 'token-invalid'],
    [{}, { typ: 'JWT' }, 'token-invalid'],
    [{}, { typ: undefined }, 'token-invalid'],
    [{}, { kid: 'own-3' }, 'token-invalid'],
    [{}, { kid: 'own-2' }, 'token-invalid'],
    [{}, { kid: undefined }, 'token-invalid'],
  ])('with the claims %j and the header %j: %s', async (change, header, verdict) => {
    expect(await stage().verdict(await forged(change as JWTPayload, header))).toBe(verdict)
  })

  it('no changed byte of a token counts', async () => {
    const { appTokens, verdict } = stage()
    const token = await appTokens.forwarded(caller, '')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let at = 0; at < token.length; at++) {
      const next = token[at] === '.' ? 'A' : alphabet[(alphabet.indexOf(token[at] ?? '') + 1 + (at % 63)) % 64]
      const changed = token.slice(0, at) + next + token.slice(at + 1)
      if (changed !== token) expect(await verdict(changed), `byte ${at}`).toBe('token-invalid')
    }
    for (const changed of [token.slice(0, -1), `${token}=`, `${token}A`, ` ${token}`, token.replace(/\.[^.]*$/, '.')])
      expect(await verdict(changed)).toBe('token-invalid')
  })

  it('it shows before verifying which tokens claim to be ours', async () => {
    const { appTokens, clock, verify } = stage()
    const nowMs = clock.now().getTime()
    const token = await appTokens.forwarded(caller, '')
    expect(claimsOurs(token, appTokens, nowMs)).toBe(true)
    await verify(token)
    expect(claimsOurs(token, appTokens, nowMs), 'one that is remembered').toBe(true)
    const foreign = new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setIssuer('https://other.example.com')
    expect(claimsOurs(await foreign.sign(await ownPrivateKey()), appTokens, nowMs)).toBe(false)
    expect(claimsOurs('sk-0123456789', appTokens, nowMs)).toBe(false)
  })

  it('is none with another algorithm, whatever the key', async () => {
    const { appTokens, verdict } = stage()
    const token = await appTokens.forwarded(caller, '')
    const claims = decodeJwt(token)
    const [, payload = ''] = token.split('.')
    const encoded = (header: object) => btoa(JSON.stringify(header)).replaceAll('=', '')
    expect(await verdict(`${encoded({ alg: 'none', typ: 'gatehouse+jwt', kid: 'own-1' })}.${payload}.`)).toBe(
      'token-invalid',
    )
    const published = new TextEncoder().encode(JSON.stringify(appTokens.keys.published()[0]))
    const header = { alg: 'HS256', typ: 'gatehouse+jwt', kid: 'own-1' }
    expect(await verdict(await new SignJWT(claims).setProtectedHeader(header).sign(published))).toBe('token-invalid')
    const { privateKey } = await generateKeyPair('ES256')
    const foreign = { alg: 'ES256', typ: 'gatehouse+jwt', kid: 'own-1' }
    expect(await verdict(await new SignJWT(claims).setProtectedHeader(foreign).sign(privateKey))).toBe('token-invalid')
  })
})
