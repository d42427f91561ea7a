import { CompactEncrypt, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { apiApp, call } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'
import { audience, declared, goodClaims, issuerAt, type TestIssuer } from '../support/issuer.ts'
import { appTokensOf } from '../support/signing-keys.ts'

const app = 'attacked'
const provider = await issuerAt(app)
const stranger = await generateKeyPair('ES256', { extractable: true })
const strangerJwk = await exportJWK(stranger.publicKey)
await apiApp(app, {
  api: { issuers: [declared(provider)], routes: [{ path: '/v1', methods: ['GET'], scopes: ['places:read'] }] },
})
const ask = (authorization: string, path = '/v1') => call(app, path, { headers: { authorization } })

const bytes = (text: string) => new TextEncoder().encode(text)
const part = (value: unknown) => base64url(typeof value === 'string' ? bytes(value) : bytes(JSON.stringify(value)))
function base64url(data: Uint8Array): string {
  return btoa(String.fromCharCode(...data))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Header and claims as texts of our own, signed with the issuer's real key. */
async function signed(header: string, claims: string, { keys }: TestIssuer = provider): Promise<string> {
  const input = `${part(header)}.${part(claims)}`
  const how = { name: 'ECDSA', hash: 'SHA-256' }
  const key = keys[0]?.privateKey as CryptoKey
  return `${input}.${base64url(new Uint8Array(await crypto.subtle.sign(how, key, bytes(input))))}`
}
const kid = () => provider.keys[0]?.jwk.kid ?? ''
const header = (more: object = {}) => JSON.stringify({ alg: 'ES256', kid: kid(), ...more })
const claims = (more: object = {}) => JSON.stringify({ ...goodClaims(provider.issuer), ...more })
const nowSeconds = () => Math.floor(Date.now() / 1000)

async function hmacSigned(secret: string): Promise<string> {
  return new SignJWT(goodClaims(provider.issuer)).setProtectedHeader({ alg: 'HS256', kid: kid() }).sign(bytes(secret))
}
const publicJwk = () => provider.keys[0]?.jwk as JWK

/** Each is one way of getting in without a good token; the first is the way that must work. */
const attacks: Readonly<Record<string, () => Promise<string>>> = {
  'no signature: alg none': async () => `${part({ alg: 'none', kid: kid() })}.${part(claims())}.`,
  'alg None, spelled otherwise': async () => `${part({ alg: 'nOnE', kid: kid() })}.${part(claims())}.AAAA`,
  'alg none with the signature of a good token': async () =>
    `${part({ alg: 'none' })}.${(await provider.sign()).split('.').slice(1).join('.')}`,
  'HS256 with the public key, as JWK': async () => hmacSigned(JSON.stringify(publicJwk())),
  'HS256 with the public key, as PEM': async () => {
    return hmacSigned(await exportSPKI((await importJWK(publicJwk(), 'ES256', { extractable: true })) as CryptoKey))
  },
  'HS256 with an empty secret': async () => {
    const [head, body] = [part({ alg: 'HS256', kid: kid() }), part(claims())]
    return `${head}.${body}.${'A'.repeat(43)}`
  },
  'a listed algorithm that is not the key’s': async () => signed(header({ alg: 'RS256' }), claims()),
  'an algorithm that is not listed': async () => signed(header({ alg: 'ES384' }), claims()),
  'a kid that leads elsewhere': async () => provider.sign({}, { kid: '../../etc/passwd' }, stranger.privateKey),
  'a kid that is a query': async () => provider.sign({}, { kid: "x' OR '1'='1" }, stranger.privateKey),
  'a kid that is a name of every object': async () => provider.sign({}, { kid: '__proto__' }, stranger.privateKey),
  'a kid that is no text': async () => signed(header({ kid: [kid()] }), claims()),
  'the kid of a good key, and another signature': async () => provider.sign({}, {}, stranger.privateKey),
  jku: async () => signed(header({ jku: 'https://evil.example.com/keys' }), claims()),
  x5u: async () => signed(header({ x5u: 'https://evil.example.com/cert' }), claims()),
  x5c: async () => signed(header({ x5c: ['MIIB'] }), claims()),
  'jwk, by which it verifies': async () => provider.sign({}, { jwk: strangerJwk }, stranger.privateKey),
  'jwk, in a well-signed token': async () => signed(header({ jwk: strangerJwk }), claims()),
  'a critical header': async () => signed(header({ crit: ['exp'], exp: 1 }), claims()),
  'b64 false': async () => signed(header({ b64: false, crit: ['b64'] }), claims()),
  'the type of a token for another use': async () => provider.sign({}, { typ: 'secevent+jwt' }),
  'the type of a proof': async () => provider.sign({}, { typ: 'dpop+jwt' }),
  'a type that is no text': async () => signed(header({ typ: ['at+jwt'] }), claims()),
  'another issuer': async () => provider.sign({ iss: 'https://evil.example.com' }),
  'an issuer with a slash at its end': async () => provider.sign({ iss: `${provider.issuer}/` }),
  'an issuer in a list': async () => signed(header(), claims({ iss: [provider.issuer] })),
  'no issuer': async () => provider.sign({ iss: undefined }),
  'another audience': async () => provider.sign({ aud: 'api://other' }),
  'an audience that ours is the beginning of': async () => provider.sign({ aud: `${audience}-and-more` }),
  'an audience that is the beginning of ours': async () => provider.sign({ aud: audience.slice(0, -1) }),
  'no audience': async () => provider.sign({ aud: undefined }),
  'an audience of no list': async () => signed(header(), claims({ aud: { 0: audience } })),
  'no end': async () => provider.sign({ exp: undefined }),
  'an end in text': async () => signed(header(), claims({ exp: String(nowSeconds() + 60) })),
  'a future nbf': async () => provider.sign({ nbf: nowSeconds() + 60 }),
  'a future iat': async () => provider.sign({ iat: nowSeconds() + 60 }),
  'no subject': async () => provider.sign({ sub: undefined }),
  'an empty subject': async () => provider.sign({ sub: '' }),
  'a subject that is no text': async () => signed(header(), claims({ sub: { admin: true } })),
  'a truncated signature': async () => (await provider.sign()).slice(0, -2),
  'a padded signature': async () => `${await provider.sign()}==`,
  'a lengthened signature': async () => `${await provider.sign()}AAAA`,
  'an all-zero signature': async () => (await provider.sign()).replace(/[^.]*$/, 'A'.repeat(86)),
  'no signature part': async () => (await provider.sign()).replace(/\.[^.]*$/, ''),
  'a signature in DER': async () => (await provider.sign()).replace(/[^.]*$/, 'MAYCAQECAQE'),
  'base64url with bits left over': async () => {
    const token = await provider.sign()
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    return token.slice(0, -1) + last[last.indexOf(token.at(-1) ?? '') + 1]
  },
  'standard base64': async () => (await signed(header(), claims({ x: '???>>>' }))).replace(/[-_]/, '+'),
  'an encrypted token': async () =>
    new CompactEncrypt(bytes(claims()))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: kid() })
      .encrypt((await generateKeyPair('RSA-OAEP-256')).publicKey),
  'a claim twice': async () => signed(header(), claims().replace('{', '{"aud":"api://other",')),
  'a header twice': async () => signed(header().replace('{', '{"alg":"none",'), claims()),
  'claims that are nested deeper than can be walked': async () =>
    signed(header(), `{"a":${'['.repeat(6_000)}${']'.repeat(6_000)}}`),
  'a header that is nested deeper than can be walked': async () =>
    `${part(`{"a":${'['.repeat(6_000)}${']'.repeat(6_000)}}`)}.e30.AAAA`,
  'a token that is bound to a certificate, from whoever holds it': async () =>
    provider.sign({ cnf: { 'x5t#S256': 'A'.repeat(43) } }),
  'a token that is bound in a way that says nothing': async () => provider.sign({ cnf: { jkt: 5 } }),
  'a token in JSON': async () =>
    JSON.stringify({ protected: part(header()), payload: part(claims()), signature: 'AAAA' }),
  'claims that are a list': async () => signed(header(), '[]'),
  'over 16 KiB': async () => provider.sign({ padding: 'x'.repeat(13_000) }),
  'a token of the gateway’s own, for the app': async () =>
    appTokensOf({ now: () => new Date() }).forwarded({ app, subject: 'mira', scopes: ['places:read'] }, ''),
}

it('a good token is let in, so that what follows is refused for its own sake', async () => {
  expect((await ask(`Bearer ${await provider.sign()}`)).status).toBe(200)
  expect((await ask(`Bearer ${await signed(header(), claims())}`)).status).toBe(200)
})

describe('token-invalid is', () => {
  it.each(Object.keys(attacks))('%s', async name => {
    const refused = await ask(`Bearer ${await attacks[name]?.()}`)
    await expectFault(refused, 'token-invalid', 401)
  })

  it.each(['Basic bWlyYTp4', 'Bearer', 'Bearer ', 'Bearer a b', 'bearer', 'Token x', 'Bearer x,y'])(
    'the header %j',
    async authorization => {
      await expectFault(await ask(authorization), 'token-invalid', 401)
    },
  )

  it('a good token in one of two Authorization headers', async () => {
    const headers = new Headers({ authorization: `Bearer ${await provider.sign()}` })
    headers.append('authorization', `Bearer ${await provider.sign({ sub: 'other' })}`)
    await expectFault(await call(app, '/v1', { headers }), 'token-invalid', 401)
  })
})

describe('a token that stands elsewhere is none', () => {
  it.each(['query', 'cookie', 'x-access-token', 'body'])('%s', async place => {
    const token = await provider.sign()
    const path = place === 'query' ? `/v1?access_token=${token}` : '/v1'
    const headers = place === 'query' || place === 'body' ? {} : { [place]: `access_token=${token}` }
    await expectFault(await call(app, path, { headers }), 'token-missing', 401)
  })
})

it('a switch to WebSockets needs a token like any other call', async () => {
  const headers = { upgrade: 'websocket', connection: 'upgrade', origin: 'https://evil.example.com' }
  await expectFault(await call(app, '/v1', { headers }), 'token-missing', 401)
})

it('an expired token is token-expired', async () => {
  await expectFault(await ask(`Bearer ${await provider.sign({ exp: nowSeconds() - 60 })}`), 'token-expired', 401)
})

it('no changed byte of a good token is let in', async () => {
  const token = await provider.sign()
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
  const changed = Array.from({ length: token.length }, (_, at) => {
    const next = alphabet[(alphabet.indexOf(token[at] ?? '') + 1 + (at % 64)) % 65]
    return token.slice(0, at) + next + token.slice(at + 1)
  })
  const statuses = await Promise.all(changed.map(async one => (await ask(`Bearer ${one}`)).status))
  expect(new Set(statuses)).toEqual(new Set([401]))
})

it('the issuer is asked for keys a bounded number of times, whatever names strangers make up', async () => {
  const before = provider.seen.length
  for (let n = 0; n < 50; n++)
    await ask(`Bearer ${await provider.sign({}, { kid: `made-up-${n}` }, stranger.privateKey)}`)
  expect(provider.seen.length - before).toBeLessThanOrEqual(2 * 6)
  expect((await ask(`Bearer ${await provider.sign()}`)).status).toBe(200)
})
