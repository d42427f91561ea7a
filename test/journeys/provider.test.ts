import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { startApp } from '../support/node/app.ts'
import { type Started, startGatehouse, temporaryFolder, write } from '../support/node/gateway.ts'
import { audience, startProvider } from '../support/node/provider.ts'
import { rawGet } from '../support/node/raw.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let app: Awaited<ReturnType<typeof startApp>>
let provider: Awaited<ReturnType<typeof startProvider>>
let opaque: Awaited<ReturnType<typeof startProvider>>
let gateway: Started
let args: string[]

const manifest = (name: string, issuer: string, more = '') => `apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: ${name} }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  hosts: [${name}.localhost]
  upstreams: [{ name: stable, url: "${app.url}" }]
  api:
    issuers: [{ issuer: "${issuer}", audiences: ["${audience}"], algorithms: [ES256]${more} }]
    routes: [{ path: /v1, methods: [GET, POST], scopes: [read] }]
`

beforeAll(async () => {
  folder = await temporaryFolder()
  app = await startApp(() => 200)
  provider = await startProvider()
  opaque = await startProvider('opaque')
  const introspection = ', introspection: { clientId: caller, secret: caller }'
  await write(folder.path, {
    'registry/probe.yaml': manifest('probe', provider.issuer, ', type: at+jwt'),
    'registry/bound.yaml': manifest('bound', provider.issuer, ', dpop: required'),
    'registry/asked.yaml': manifest('asked', opaque.issuer, introspection),
    'secrets.env': 'SECRET_ASKED__CALLER=caller-secret\n',
  })
  const [registry, secrets, state] = ['registry', 'secrets.env', 'state'].map(name => join(folder.path, name))
  args = [
    '--port',
    String(await freePort()),
    '--registry',
    registry,
    '--secrets',
    secrets,
    '--state',
    state,
  ] as string[]
  gateway = await startGatehouse([...args, '--no-samples'])
})

afterAll(async () => {
  await gateway?.stop()
  await Promise.all([provider?.stop(), opaque?.stop()])
  app?.close()
  await folder[Symbol.asyncDispose]()
})

const call = (token: string, name = 'probe', init: RequestInit = {}) => {
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) }
  return fetch(`${gateway.url}/apps/${name}/v1`, { ...init, headers })
}
const status = async (token: string, name?: string) => (await call(token, name)).status

describe('with a real identity provider', () => {
  it('the first caller waits for the keys of a slow provider, and only the first', async () => {
    provider.delayMs = 1_000
    const token = await provider.token()
    expect(await status(token)).toBe(200)
    const startedMs = performance.now()
    expect(await status(await provider.token())).toBe(200)
    expect(provider.asked).toBe(1)
    provider.delayMs = 0
    expect(performance.now() - startedMs).toBeLessThan(20_000)
  })

  it('whoever signs in reaches the app under their own name', async () => {
    expect(await status(await provider.signIn('mira'))).toBe(200)
    expect(app.seen.at(-1)?.headers).toMatchObject({
      'gatehouse-subject': 'mira',
      'gatehouse-issuer': provider.issuer,
      'gatehouse-scopes': expect.stringContaining('read'),
    })
    expect(await status(await provider.token('write'))).toBe(403)
  })

  it('who sends two Authorization headers is refused, whichever of them is good', async () => {
    const header = `authorization: Bearer ${await provider.token()}\r\n`
    const send = (headers: string) => rawGet(gateway.url, '/apps/probe/v1', `host: gate.example\r\n${headers}`)
    expect(await send(header)).toBe('200')
    expect(await send(header + header)).toBe('401 token-invalid')
    expect(await send(`${header}Authorization: Basic eDp4\r\n`)).toBe('401 token-invalid')
    expect(await send(`authorization: Bearer x\r\n${header}`)).toBe('401 token-invalid')
  })

  it('a change of its keys while traffic flows refuses nobody who has a good token, and lets nobody in who has none', async () => {
    const before = await provider.token()
    const statuses: number[] = []
    let flows = true
    const traffic = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (flows) statuses.push(await status(before))
      }),
    )
    await provider.rotate(1)
    const after = await Promise.all(Array.from({ length: 16 }, async () => status(await provider.token())))
    flows = false
    await traffic
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(new Set(after)).toEqual(new Set([200]))

    await provider.rotate(0)
    expect(await status(await provider.token())).toBe(200)
    expect(await status(before), 'its key was withdrawn').toBe(401)
  })

  it('that is down nobody with a good token is refused, even by a gateway that was started meanwhile', async () => {
    const tokens = await Promise.all([1, 2, 3].map(() => provider.token()))
    await provider.stop()
    expect(await status(tokens[0] ?? '')).toBe(200)
    await gateway.stop()
    gateway = await startGatehouse([...args, '--no-samples'])
    expect(await status(tokens[1] ?? '')).toBe(200)
    const { privateKey } = await generateKeyPair('ES256')
    const forged = await new SignJWT({ scope: 'read' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: provider.keys[0]?.kid ?? '' })
      .setIssuer(provider.issuer)
      .setAudience(audience)
      .setSubject('mallory')
      .setExpirationTime('5m')
      .sign(privateKey)
    expect(await status(forged)).toBe(401)
    await provider.start()
    expect(await status(tokens[2] ?? '')).toBe(200)
  }, 270_000)
})

describe('opaque tokens', () => {
  it('are what their issuer says', async () => {
    const token = await opaque.token()
    expect(token).not.toContain('.')
    expect(await status(token, 'asked')).toBe(200)
    expect(app.seen.at(-1)?.headers['gatehouse-subject']).toBe('caller')
    expect(await status(await opaque.token('write'), 'asked')).toBe(403)
    expect(await status('made-up', 'asked')).toBe(401)
    expect(await status(token, 'probe')).toBe(401)
  })
})

describe('tokens that are bound to a key', () => {
  it('count with a proof by that key, once, for the very request', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(pair.publicKey)
    const proof = async (change: Record<string, unknown> = {}, key = pair.privateKey, header = {}) =>
      new SignJWT({ jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), ...change })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
        .sign(key)
    const htu = `${provider.issuer}/token`
    const token = await provider.token('read', { dpop: await proof({ htm: 'POST', htu }) })
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
    const good = {
      htm: 'GET',
      htu: `${gateway.url}/apps/bound/v1`,
      ath: Buffer.from(hash).toString('base64url'),
    }
    const show = async (made: string, init: RequestInit = {}) => {
      const headers = { authorization: `DPoP ${token}`, dpop: made }
      return (await call('', 'bound', { ...init, headers })).status
    }
    const first = await proof(good)
    expect(await show(first)).toBe(200)
    expect(await show(first), 'shown before').toBe(401)
    expect(await show(await proof(good))).toBe(200)

    const atHost = (made: string) =>
      rawGet(gateway.url, '/v1', `host: bound.localhost\r\nauthorization: DPoP ${token}\r\ndpop: ${made}\r\n`)
    expect(await atHost(await proof({ ...good, htu: 'http://bound.localhost/v1' })), 'at its own host').toBe('200')
    expect(await atHost(await proof(good)), 'a proof for the other address').toBe('401 token-invalid')

    const other = await generateKeyPair('ES256', { extractable: true })
    const wrong = {
      'another method': await proof({ ...good, htm: 'POST' }),
      'another address': await proof({ ...good, htu: `${gateway.url}/apps/probe/v1` }),
      'another token': await proof({ ...good, ath: 'A'.repeat(43) }),
      'too old': await proof({ ...good, iat: Math.floor(Date.now() / 1000) - 100 }),
      'of the future': await proof({ ...good, iat: Math.floor(Date.now() / 1000) + 100 }),
      'no time': await proof({ ...good, iat: undefined }),
      'no name': await proof({ ...good, jti: undefined }),
      'another key': await proof(good, other.privateKey, { jwk: await exportJWK(other.publicKey) }),
      'another key under the name of ours': await proof(good, other.privateKey),
      'a private key': await proof(good, pair.privateKey, { jwk: await exportJWK(pair.privateKey) }),
      'another type': await proof(good, pair.privateKey, { typ: 'JWT' }),
      'two proofs': `${await proof(good)}, ${await proof(good)}`,
      'no proof': '',
    }
    const statuses = await Promise.all(Object.values(wrong).map(made => show(made)))
    expect(Object.fromEntries(Object.keys(wrong).map((name, index) => [name, statuses[index]]))).toEqual(
      Object.fromEntries(Object.keys(wrong).map(name => [name, 401])),
    )
    expect(await status(token, 'bound'), 'as a bearer token').toBe(401)
    expect(await status(token, 'probe'), 'where no proofs are taken').toBe(401)
    const unbound = await call(await provider.token(), 'bound')
    expect(unbound.status).toBe(401)
    expect(unbound.headers.get('www-authenticate')).toMatch(/^Bearer .*, DPoP .*algs="ES256 /)
    expect(await calculateJwkThumbprint(jwk)).toMatch(/^[\w-]{43}$/)
  })
})
