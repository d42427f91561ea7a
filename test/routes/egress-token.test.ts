import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { egressApp, goOut, tokenOf } from '../support/egress-app.ts'
import { appTokensOf, ownPrivateKey, signingBindings } from '../support/signing-keys.ts'
import { moveTimeBy } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

const fault = (response: Response) => response.headers.get('gatehouse-fault')
const key = { secret: 'key', as: 'header', name: 'x-api-key' }

async function ready(name: string, credential: unknown = undefined) {
  const seen = appAt(`${name}.example.com`)
  const rule = { to: `https://${name}.example.com`, ...(credential !== undefined && { credential }) }
  const token = await egressApp(name, { egress: [rule], secrets: { key: 'sk-of-the-vendor' } })
  const out = (headers: Record<string, string>) => goOut('', `/${name}.example.com/`, { headers })
  return { seen, token, out }
}

describe('an app is known by a token', () => {
  it.each([
    ['as bearer', (token: string) => ({ authorization: `Bearer ${token}` })],
    ['as the password of Basic', (token: string) => ({ authorization: `Basic ${btoa(`anyone:${token}`)}` })],
    ['in gatehouse-token', (token: string) => ({ 'gatehouse-token': token })],
    [
      'in gatehouse-token beside a key of its own',
      (token: string) => ({ 'gatehouse-token': token, authorization: 'Bearer sk-own' }),
    ],
    ['in two places at once', (token: string) => ({ 'gatehouse-token': token, authorization: `Bearer ${token}` })],
  ])('%s', async (_, headers) => {
    const { seen, token, out } = await ready('token-slots')
    expect((await out(headers(token))).status).toBe(200)
    expect(seen.at(-1)?.headers.has('authorization')).toBe(false)
  })

  it('in the slot of the rule’s credential, and only there', async () => {
    const { seen, token, out } = await ready('token-own-slot', key)
    expect((await out({ 'x-api-key': token })).status).toBe(200)
    expect(seen[0]?.headers.get('x-api-key')).toBe('sk-of-the-vendor')
    expect(fault(await out({ 'api-key': token }))).toBe('token-invalid')
    const bare = await ready('token-no-slot')
    expect(fault(await bare.out({ 'x-api-key': bare.token }))).toBe('token-invalid')
    expect(bare.seen).toHaveLength(0)
  })
})

describe('refused with 401 is', () => {
  it('no token, whatever other keys are there', async () => {
    const { out } = await ready('token-none')
    for (const headers of [{}, { 'x-api-key': 'sk-own' }] as Record<string, string>[]) {
      const response = await out(headers)
      expect([fault(response), response.status]).toEqual(['token-missing', 401])
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
    }
    expect(fault(await out({ authorization: 'Bearer sk-own' }))).toBe('token-invalid')
  })

  it('two different tokens', async () => {
    const { token, out } = await ready('token-two')
    const other = await tokenOf('token-two')
    expect(fault(await out({ authorization: `Bearer ${token}`, 'gatehouse-token': other }))).toBe('token-invalid')
  })

  it('an expired one', async () => {
    const { token, out } = await ready('out-expired')
    moveTimeBy(331_000)
    expect(fault(await out({ authorization: `Bearer ${token}` }))).toBe('token-expired')
  })

  it('an altered one', async () => {
    const { seen, token, out } = await ready('token-altered')
    const [head = '', claims = '', signature = ''] = token.split('.')
    const opened = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
    const forged = btoa(JSON.stringify({ ...opened, app: 'token-slots' }))
      .replaceAll('=', '')
      .replaceAll('+', '-')
      .replaceAll('/', '_')
    const first = signature[0] === 'A' ? 'B' : 'A'
    for (const altered of [
      `${head}.${forged}.${signature}`,
      `${head}.${claims}.${first}${signature.slice(1)}`,
      `${head}.${claims}.`,
    ])
      expect(fault(await out({ authorization: `Bearer ${altered}` }))).toBe('token-invalid')
    expect(seen).toHaveLength(0)
  })

  it('one for another audience, of another type, or of another issuer', async () => {
    const { out } = await ready('out-audience')
    const signed = async (audience: string[], typ: string, issuer = signingBindings.TOKEN_ISSUER) =>
      new SignJWT({ app: 'out-audience', scope: '' })
        .setProtectedHeader({ alg: 'ES256', typ, kid: 'own-1' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject('webhook:shop')
        .setJti('1')
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(await ownPrivateKey())
    const right = await signed(['out-audience', 'gatehouse:egress'], 'gatehouse+jwt')
    expect((await out({ authorization: `Bearer ${right}` })).status).toBe(200)
    for (const token of [
      await signed(['out-audience'], 'gatehouse+jwt'),
      await signed(['other', 'gatehouse:egress'], 'gatehouse+jwt'),
      await signed(['out-audience', 'gatehouse:egress'], 'JWT'),
      await signed(['out-audience', 'gatehouse:egress'], 'gatehouse+jwt', 'https://other.example'),
    ])
      expect(fault(await out({ authorization: `Bearer ${token}` }))).toBe('token-invalid')
  })
})

it('an app can use the rules of no other app', async () => {
  const { seen } = await ready('token-rich', { secret: 'key', as: 'bearer' })
  const poor = await egressApp('token-poor', { egress: [{ to: 'https://elsewhere.example.com' }] })
  expect(fault(await goOut(poor, '/token-rich.example.com/'))).toBe('egress-denied')
  expect(seen).toHaveLength(0)
})

it('a token of keys that are rotated out is refused', async () => {
  const { out } = await ready('token-rotated')
  const next = await appTokensOf({ now: () => new Date() }, [1, 0]).minted(
    { app: 'token-rotated', subject: 'x', scopes: [] },
    300,
  )
  expect((await out({ authorization: `Bearer ${next}` })).status).toBe(200)
})
