import { exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectFault } from '../../support/faults.ts'
import { issuerAt, type TestIssuer } from '../../support/issuer.ts'
import { operatorBindings } from '../../support/operator.ts'
import { moveTimeBy } from '../../support/time.ts'

let provider: TestIssuer
const claims = { aud: operatorBindings.ADMIN_AUDIENCE, sub: 'olga', roles: ['viewer'], teams: ['food'] }

const whoami = async (token: string) =>
  exports.default.fetch('http://gate.example/admin/v1/whoami', { headers: { authorization: `Bearer ${token}` } })

beforeAll(async () => {
  provider = await issuerAt('operators')
  expect(provider.issuer).toBe(operatorBindings.ADMIN_ISSUER)
})

it('says where operators sign in, to whoever asks', async () => {
  const response = await exports.default.fetch('http://gate.example/.well-known/oauth-protected-resource/admin/v1')
  expect(await response.json()).toEqual({
    resource: 'http://gate.example/admin/v1',
    authorization_servers: [operatorBindings.ADMIN_ISSUER],
    bearer_methods_supported: ['header'],
    gatehouse_audience: operatorBindings.ADMIN_AUDIENCE,
  })
})

describe('operators of an identity provider', () => {
  it('are refused while no key of it is known and it is away, and let in once it is back', async () => {
    provider.trouble = () => new Response(null, { status: 500 })
    const response = await whoami(await provider.sign(claims))
    expect(response.headers.get('retry-after')).toBe('5')
    await expectFault(response, 'issuer-unreachable', 503)
    provider.trouble = undefined
    moveTimeBy(4_000)
    const back = await whoami(await provider.sign(claims))
    expect(await back.json()).toEqual({ subject: 'olga', roles: ['viewer'], teams: ['food'] })
  })

  it('are known by a new key as soon as one signs with it, and no longer by one that was taken back', async () => {
    const [old] = provider.keys
    const retired = old?.jwk.kid ?? ''
    await provider.rotate()
    expect((await whoami(await provider.sign(claims))).status).toBe(200)
    const forged = await provider.sign(claims, { kid: retired }, old?.privateKey)
    await expectFault(await whoami(forged), 'token-invalid', 401)
  })

  it.each([
    ['another audience', { aud: 'api://shop' }],
    ['no audience', { aud: undefined }],
    ['another issuer', { iss: 'https://evil.idp.example' }],
    ['no subject', { sub: undefined }],
    ['no end', { exp: undefined }],
    ['roles that are no list', { roles: 'operator' }],
  ])('are nobody with %s', async (_, change) => {
    const response = await whoami(await provider.sign({ ...claims, ...change }))
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="admin", error="invalid_token"')
    await expectFault(response, 'token-invalid', 401)
  })

  it('may do nothing without a role, and are told who they are', async () => {
    const token = await provider.sign({ ...claims, roles: [], teams: 'food' })
    expect(await (await whoami(token)).json()).toEqual({ subject: 'olga', roles: [], teams: ['food'] })
    const headers = { authorization: `Bearer ${token}` }
    await expectFault(
      await exports.default.fetch('http://gate.example/admin/v1/apps', { headers }),
      'role-missing',
      403,
    )
  })

  it('are known by keys that are asked for once, and stay known while it is away', async () => {
    const { length } = provider.seen
    expect((await whoami(await provider.sign(claims))).status).toBe(200)
    expect(provider.seen).toHaveLength(length)
    provider.trouble = () => new Response(null, { status: 500 })
    moveTimeBy(3_600_000)
    expect((await whoami(await provider.sign({ ...claims, exp: Math.floor(Date.now() / 1000) + 60 }))).status).toBe(200)
    provider.trouble = undefined
  })
})
