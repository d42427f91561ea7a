import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { encode, utf8Bytes } from '#core/encoding.ts'
import type { Claims } from '#core/idempotency/claim.ts'
import { boundKey, unproven } from '#core/identity/dpop.ts'

const now = new Date('2026-11-21T12:00:00Z')
const nowSeconds = now.getTime() / 1000
const url = 'https://gate.example/apps/shop/v1/places?open=1'
const token = 'header.payload.signature'
const own = await generateKeyPair('ES256', { extractable: true })
const jwk = await exportJWK(own.publicKey)
const thumbprint = await calculateJwkThumbprint(jwk)
const ath = await hashOf(token)
const otherAth = await hashOf('another')
const stranger = await generateKeyPair('ES256')
const privateJwk = await exportJWK(own.privateKey)

/** Every proof's id is taken once. */
function ports() {
  const taken = new Set<string>()
  const claims: Pick<Claims, 'claim'> = {
    claim: async (_, id) => {
      if (taken.has(id)) return { kind: 'in-flight' }
      taken.add(id)
      return { kind: 'claimed', token: '' }
    },
  }
  return { claims: claims as Claims, clock: { now: () => now } }
}

interface Made {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: CryptoKey
}

function proof({ claims, header, key = own.privateKey }: Made = {}): Promise<string> {
  const good = {
    jti: crypto.randomUUID(),
    htm: 'GET',
    htu: 'https://gate.example/apps/shop/v1/places',
    ath,
    iat: nowSeconds,
  }
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
    .sign(key)
}

const judged = (text: string | null, over: object = {}, to = ports()) =>
  unproven({ app: 'shop', proof: text, method: 'GET', url, token, ...over }, thumbprint, to)

describe('a proof counts', () => {
  it.each<[string, Made]>([
    ['as RFC 9449 has it', {}],
    [
      'for the address without its query and fragment',
      { claims: { htu: 'https://gate.example/apps/shop/v1/places?x#y' } },
    ],
    [
      'for the address with its default port and in another case of the host',
      { claims: { htu: 'https://GATE.example:443/apps/shop/v1/places' } },
    ],
    ['90 s after it was made, clocks included', { claims: { iat: nowSeconds - 90 } }],
  ])('%s', async (_, made) => {
    expect(await judged(await proof(made))).toBeUndefined()
  })
})

describe('a proof proves nothing', () => {
  it.each<[string, Made]>([
    ['for another method', { claims: { htm: 'POST' } }],
    ['for a method in another case', { claims: { htm: 'get' } }],
    ['for another path', { claims: { htu: 'https://gate.example/apps/shop/v1/orders' } }],
    ['for a path in another case', { claims: { htu: 'https://gate.example/apps/shop/V1/places' } }],
    ['for a path with a final slash', { claims: { htu: 'https://gate.example/apps/shop/v1/places/' } }],
    ['for another port', { claims: { htu: 'https://gate.example:8443/apps/shop/v1/places' } }],
    ['for http', { claims: { htu: 'http://gate.example/apps/shop/v1/places' } }],
    ['for another host', { claims: { htu: 'https://gate.example.evil/apps/shop/v1/places' } }],
    ['for no address', { claims: { htu: '/apps/shop/v1/places' } }],
    ['for another token', { claims: { ath: otherAth } }],
    ['for no token', { claims: { ath: undefined } }],
    ['without an id', { claims: { jti: undefined } }],
    ['with an id that is no text', { claims: { jti: 5 } }],
    ['without a time', { claims: { iat: undefined } }],
    ['of too long ago', { claims: { iat: nowSeconds - 91 } }],
    ['of the future', { claims: { iat: nowSeconds + 31 } }],
    ['that is over', { claims: { exp: nowSeconds - 31 } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['of no type', { header: { typ: undefined } }],
    ['without a key', { header: { jwk: undefined } }],
    ['with a key that its signature is not of', { key: stranger.privateKey }],
    ['with a private key', { header: { jwk: privateJwk } }],
    ['with a key of another kind', { header: { alg: 'ES256', jwk: { ...jwk, kty: 'RSA' } } }],
    ['with a key of a certificate beside it', { header: { x5c: ['MIIB'] } }],
  ])('%s', async (_, made) => {
    expect(await judged(await proof(made))).toEqual(expect.any(String))
  })

  it.each([null, '', 'x', 'a.b.c', `${'x'.repeat(20_000)}`])('that is none: %j', async text => {
    expect(await judged(text)).toEqual(expect.any(String))
  })

  it('by a key that the token is not bound to, however well it is signed', async () => {
    const other = await generateKeyPair('ES256', { extractable: true })
    const text = await proof({ key: other.privateKey, header: { jwk: await exportJWK(other.publicKey) } })
    expect(await judged(text)).toMatch(/another key/)
    const symmetric: JWK = { kty: 'oct', k: 'AAAA' }
    const signed = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: symmetric })
      .sign(utf8Bytes('x'.repeat(32)))
    expect(await judged(signed)).toEqual(expect.any(String))
  })

  it('a second time, whatever else of the request has changed', async () => {
    const to = ports()
    const text = await proof()
    expect(await judged(text, {}, to)).toBeUndefined()
    expect(await judged(text, {}, to)).toMatch(/before/)
    const [head, body] = text.split('.')
    const again = await proof({
      claims: { jti: JSON.parse(atob((body ?? '').replaceAll('-', '+').replaceAll('_', '/'))).jti },
    })
    expect(again.startsWith(`${head}.`)).toBe(true)
    expect(await judged(again, {}, to)).toMatch(/before/)
  })
})

it('a token is bound as its `cnf` says, and to nobody who could show it where that is not understood', () => {
  const boundTo = (cnf: unknown) => boundKey({ issuer: 'i', subject: 's', scopes: [], claims: { cnf } })
  expect(boundTo(undefined)).toBeUndefined()
  expect(boundTo({ jkt: 'abc' })).toBe('abc')
  for (const cnf of [null, 'abc', {}, { jkt: '' }, { jkt: 5 }, { 'x5t#S256': 'abc' }, [{ jkt: 'abc' }]])
    expect(boundTo(cnf)).toBe('')
})

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8Bytes(text)))
  return encode(digest, 'base64').replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
