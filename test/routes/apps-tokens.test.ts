import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { audience, declared, issuerAt } from '../support/issuer.ts'
import { metric } from '../support/metrics.ts'
import { appTokensOf, signingBindings } from '../support/signing-keys.ts'
import { moveTimeBy } from '../support/time.ts'

const routes = [
  { path: '/places', methods: ['GET'], scopes: ['places:read'] },
  { path: '/admin', methods: ['GET'], scopes: ['places:read', 'admin'] },
  { path: '/me', methods: ['GET'] },
  { path: '/public', methods: ['GET'], auth: 'none' },
]

async function stage(name: string, issuer: Readonly<Record<string, unknown>> = {}) {
  const provider = await issuerAt(name)
  const seen = await apiApp(name, { api: { issuers: [declared(provider, issuer)], routes } })
  return {
    provider,
    seen,
    ask: (token: string, path = '/places') => call(name, path, { headers: { authorization: `Bearer ${token}` } }),
  }
}

describe('a caller with a good token', () => {
  it('reaches the app, which learns who calls, from headers and from a token that any library verifies', async () => {
    const { provider, seen, ask } = await stage('tokens-good')
    const token = await provider.sign()
    const forged = { 'gatehouse-subject': 'mallory', 'gatehouse-token': 'forged' }
    expect((await ask(token)).status).toBe(200)
    expect(
      (await call('tokens-good', '/me', { headers: { authorization: `bearer ${token}`, ...forged } })).status,
    ).toBe(200)
    for (const { headers } of seen) {
      expect(headers.get('authorization')).toBeNull()
      expect(headers.get('gatehouse-subject')).toBe('mira')
      expect(headers.get('gatehouse-issuer')).toBe(provider.issuer)
      expect(headers.get('gatehouse-scopes')).toBe('places:read orders:write')
      const keys = createLocalJWKSet({ keys: appTokensOf({ now: () => new Date() }).keys.published() } as JSONWebKeySet)
      const options = { issuer: signingBindings.TOKEN_ISSUER, audience: 'tokens-good' }
      const { payload } = await jwtVerify(headers.get('gatehouse-token') ?? '', keys, options)
      expect(payload).toMatchObject({
        app: 'tokens-good',
        sub: 'mira',
        sub_id: { iss: provider.issuer, sub: 'mira' },
        scope: 'places:read orders:write',
      })
    }
    const [one, other] = seen.map(({ headers }) => headers.get('gatehouse-token'))
    expect(one).toBe(other)
  })

  it.each([
    [{ aud: ['other', audience] }, {}],
    [{ scope: undefined, scp: ['places:read'] }, {}],
    [{ scope: undefined, scp: 'orders:write places:read' }, {}],
    [{}, { typ: 'at+jwt' }],
    [{}, { typ: 'application/AT+JWT' }],
    [{ nbf: Math.floor(Date.now() / 1000) + 20 }, {}],
    [{ exp: Math.floor(Date.now() / 1000) - 20 }, {}],
  ])('is let in with %j and header %j', async (claims, header) => {
    const { provider, ask } = await shared
    expect((await ask(await provider.sign(claims, header))).status).toBe(200)
  })

  it('of whom the subject is no header text, is named percent-encoded', async () => {
    const { provider, seen, ask } = await stage('tokens-subject')
    for (const sub of ['Müller%', ' a', 'a\nb', 'a b']) await ask(await provider.sign({ sub }))
    const names = seen.map(({ headers }) => headers.get('gatehouse-subject') ?? '')
    expect(names).toEqual(['M%C3%BCller%25', '%20a', 'a%0Ab', 'a b'])
  })

  it('is verified once while the token is remembered, and that is counted', async () => {
    const { provider, ask } = await stage('tokens-counted')
    const token = await provider.sign()
    for (let n = 0; n < 3; n++) expect((await ask(token)).status).toBe(200)
    await expectFault(await ask(`${token}A`), 'token-invalid', 401)
    const count = (result: string) => metric('token_verifications_total', { app: 'tokens-counted', result })
    expect([await count('known'), await count('token-invalid')]).toEqual([1, 1])
  })

  it('is asked for a token on no route of `auth: none`, where the app hears of nobody', async () => {
    const { seen } = await stage('tokens-none')
    expect((await call('tokens-none', '/public', { headers: { authorization: 'Bearer forged' } })).status).toBe(200)
    expect(seen[0]?.headers.has('gatehouse-subject')).toBe(false)
    expect(decodeJwt(seen[0]?.headers.get('gatehouse-token') ?? '')).toMatchObject({ sub: 'anonymous', scope: '' })
  })
})

const shared = stage('tokens-shared')

describe('who is refused', () => {
  it('learns what is wanted: RFC 6750', async () => {
    const { provider, ask } = await shared
    const missing = await call('tokens-shared', '/places')
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="tokens-shared", scope="places:read"')
    await expectFault(missing, 'token-missing', 401)
    const invalid = await ask('x')
    expect(invalid.headers.get('www-authenticate')).toBe(
      'Bearer realm="tokens-shared", error="invalid_token", scope="places:read"',
    )
    await expectFault(invalid, 'token-invalid', 401)
    const narrow = await ask(await provider.sign(), '/admin')
    expect(narrow.headers.get('www-authenticate')).toBe(
      'Bearer realm="tokens-shared", error="insufficient_scope", scope="places:read admin"',
    )
    await expectFault(narrow, 'scope-missing', 403)
  })

  it('learns first that there is no such route or method, then that a token is wanted, then the scopes', async () => {
    const { provider, ask } = await shared
    await expectFault(await call('tokens-shared', '/nowhere'), 'route-unknown', 404)
    await expectFault(await call('tokens-shared', '/places', { method: 'DELETE' }), 'method-denied', 405)
    await expectFault(await call('tokens-shared', '/admin'), 'token-missing', 401)
    await expectFault(await ask(await provider.sign({ scope: 'x' }), '/admin'), 'scope-missing', 403)
  })

  it('has a token that has ended, also while it is still remembered', async () => {
    const { provider, ask } = await stage('tokens-ending')
    const nowSeconds = Math.floor(Date.now() / 1000)
    const token = await provider.sign({ exp: nowSeconds + 5 })
    expect((await ask(token)).status).toBe(200)
    moveTimeBy(36_000)
    await expectFault(await ask(token), 'token-expired', 401)
  })

  it('has a token older than the manifest lets it be', async () => {
    const { provider, ask } = await stage('tokens-age', { maxTokenAgeSeconds: 60 })
    const nowSeconds = Math.floor(Date.now() / 1000)
    expect((await ask(await provider.sign({ iat: nowSeconds - 80 }))).status).toBe(200)
    await expectFault(await ask(await provider.sign({ iat: nowSeconds - 100 })), 'token-expired', 401)
    await expectFault(await ask(await provider.sign({ iat: undefined })), 'token-invalid', 401)
  })

  it('has a token of another type than the manifest names', async () => {
    const { provider, ask } = await stage('tokens-type', { type: 'at+jwt' })
    expect((await ask(await provider.sign({}, { typ: 'at+jwt' }))).status).toBe(200)
    await expectFault(await ask(await provider.sign({}, { typ: 'JWT' })), 'token-invalid', 401)
    await expectFault(await ask(await provider.sign()), 'token-invalid', 401)
  })

  it('has a token that another app takes', async () => {
    const { provider, ask } = await stage('tokens-one')
    await apiApp('tokens-two', { api: { issuers: [declared(provider, { audiences: ['api://two'] })], routes } })
    const token = await provider.sign()
    expect((await ask(token)).status).toBe(200)
    const headers = { authorization: `Bearer ${token}` }
    await expectFault(await call('tokens-two', '/places', { headers }), 'token-invalid', 401)
  })

  it('has a token that was good until its key was withdrawn', async () => {
    const { provider, ask } = await stage('tokens-withdrawn')
    const token = await provider.sign({ exp: Math.floor(Date.now() / 1000) + 3_600 })
    expect((await ask(token)).status).toBe(200)
    await provider.rotate()
    expect((await ask(await provider.sign())).status).toBe(200)
    await expectFault(await ask(token), 'token-invalid', 401)
  })

  it('has a token of an issuer that is away and has shown no key yet', async () => {
    const { provider, ask } = await stage('tokens-away')
    provider.trouble = () => new Response(null, { status: 500 })
    const refused = await ask(await provider.sign())
    expect(refused.headers.get('retry-after')).toBe('5')
    await expectFault(refused, 'issuer-unreachable', 503)
  })
})
