import { beforeEach, describe, expect, it } from 'vitest'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { audience, declared, issuerAt } from '../support/issuer.ts'
import { moveTimeBy } from '../support/time.ts'
import { appAt, type Seen } from '../support/upstream.ts'

const routes = [{ path: '/v1', methods: ['GET'], scopes: ['read'] }]
const nowSeconds = () => Math.floor(Date.now() / 1000)
const active = () => ({ active: true, sub: 'mira', aud: audience, scope: 'read', exp: nowSeconds() + 300 })

/** An app whose issuer says what its tokens are, at an address of its own. */
async function stage(name: string, options: { readonly secrets?: Record<string, string> } = {}) {
  const provider = await issuerAt(name)
  const url = `https://says.${name}.example`
  const says = { answer: (): unknown => active() }
  const asked = appAt(`says.${name}.example`, () => {
    const answer = says.answer()
    return answer instanceof Response ? answer : Response.json(answer)
  })
  const introspection = { url: `${url}/introspect`, clientId: 'gate:way', secret: 'client' }
  const { secrets = { client: 'a secret&' } } = options
  await apiApp(name, { api: { issuers: [declared(provider, { introspection })], routes }, secrets })
  return {
    ...{ provider, says, asked },
    ask: (token: string) => call(name, '/v1', { headers: { authorization: `Bearer ${token}` } }),
  }
}

const formOf = ({ body }: Seen) => Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)))

describe('an issuer that says what its tokens are', () => {
  it('is asked as the client that the manifest names, and remembered for 30 s', async () => {
    const { asked, ask, says } = await stage('said-good')
    expect((await ask('opaque-1')).status).toBe(200)
    expect(asked[0]).toMatchObject({ url: 'https://says.said-good.example/introspect', redirect: 'manual' })
    expect(asked[0]?.headers.get('authorization')).toBe(`Basic ${btoa('gate%3Away:a%20secret%26')}`)
    expect(asked[0] && formOf(asked[0])).toEqual({ token: 'opaque-1', token_type_hint: 'access_token' })
    says.answer = () => ({ active: false })
    moveTimeBy(29_000)
    expect((await ask('opaque-1')).status).toBe(200)
    moveTimeBy(1_000)
    await expectFault(await ask('opaque-1'), 'token-invalid', 401)
    expect(asked).toHaveLength(2)
  })

  it('is asked once in 5 s about a token that it disowns, however often that comes, and again after that', async () => {
    moveTimeBy(0)
    const { asked, ask, says } = await stage('said-flood')
    says.answer = () => ({ active: false })
    for (let n = 0; n < 30; n++) await expectFault(await ask('opaque-bad'), 'token-invalid', 401)
    expect(asked).toHaveLength(1)
    await expectFault(await ask('opaque-worse'), 'token-invalid', 401)
    says.answer = active
    expect((await ask('opaque-good')).status).toBe(200)
    moveTimeBy(4_999)
    await expectFault(await ask('opaque-bad'), 'token-invalid', 401)
    expect(asked).toHaveLength(3)
    moveTimeBy(1)
    expect((await ask('opaque-bad')).status).toBe(200)
  })

  it('is asked again at once where it did not answer', async () => {
    const { asked, ask, says } = await stage('said-late')
    says.answer = () => new Response(null, { status: 500 })
    await expectFault(await ask('opaque'), 'issuer-unreachable', 503)
    says.answer = active
    expect((await ask('opaque')).status).toBe(200)
    expect(asked).toHaveLength(2)
  })

  it('may take back a token that verifies', async () => {
    const { provider, asked, ask, says } = await stage('said-back')
    const token = await provider.sign({ scope: 'read' })
    expect((await ask(token)).status).toBe(200)
    moveTimeBy(30_000)
    says.answer = () => ({ active: false })
    await expectFault(await ask(token), 'token-invalid', 401)
    expect(asked).toHaveLength(2)
    await expectFault(await ask(await provider.sign({ aud: 'other' })), 'token-invalid', 401)
    expect(asked, 'not asked of a token that does not verify').toHaveLength(2)
  })

  it('may name the client where nobody else is meant', async () => {
    const { says, ask } = await stage('said-client')
    says.answer = () => ({ ...active(), sub: undefined, client_id: 'robot', aud: ['other', audience], iss: undefined })
    expect((await ask('opaque')).status).toBe(200)
  })
})

describe('a token is refused', () => {
  let shared: Awaited<ReturnType<typeof stage>>
  beforeEach(async () => {
    shared = await stage('said-bad')
  })

  it.each([
    ['that is not active', () => ({ active: false }), 'token-invalid', 401],
    ['that is active in another way', () => ({ ...active(), active: 'true' }), 'token-invalid', 401],
    ['of another issuer', () => ({ ...active(), iss: 'https://evil.example.com' }), 'token-invalid', 401],
    ['for another audience', () => ({ ...active(), aud: 'other' }), 'token-invalid', 401],
    ['for no audience', () => ({ ...active(), aud: undefined }), 'token-invalid', 401],
    ['without an end', () => ({ ...active(), exp: undefined }), 'token-invalid', 401],
    ['that is over', () => ({ ...active(), exp: nowSeconds() - 31 }), 'token-expired', 401],
    ['that is not valid yet', () => ({ ...active(), nbf: nowSeconds() + 60 }), 'token-invalid', 401],
    ['of nobody', () => ({ ...active(), sub: undefined }), 'token-invalid', 401],
    ['of which nothing is said', () => [], 'token-invalid', 401],
    ['with too few scopes', () => ({ ...active(), scope: 'write' }), 'scope-missing', 403],
    ['while the issuer fails', () => new Response(null, { status: 500 }), 'issuer-unreachable', 503],
    [
      'while the issuer sends elsewhere',
      () => Response.redirect('https://evil.example.com'),
      'issuer-unreachable',
      503,
    ],
    ['while the issuer talks nonsense', () => new Response('<html>'), 'issuer-unreachable', 503],
  ] as const)('%s', async (_, answer, fault, status) => {
    shared.says.answer = answer
    await expectFault(await shared.ask(`opaque-${crypto.randomUUID()}`), fault, status)
  })

  it('while the secret of the client is not in place', async () => {
    const { asked, ask } = await stage('said-secretless', { secrets: {} })
    await expectFault(await ask('opaque'), 'secret-missing', 503)
    expect(asked).toEqual([])
  })

  it('of no known form, where no issuer is asked', async () => {
    const provider = await issuerAt('said-none')
    await apiApp('said-none', { api: { issuers: [declared(provider)], routes } })
    const refused = await call('said-none', '/v1', { headers: { authorization: 'Bearer opaque' } })
    await expectFault(refused, 'token-invalid', 401)
    expect(provider.seen).toEqual([])
  })
})
