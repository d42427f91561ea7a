import { env, exports } from 'cloudflare:workers'
import { decodeJwt, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { workloadDigest } from '#core/identity/workload.ts'
import { keys } from '#core/keys.ts'
import { apiApp } from '../support/api-app.ts'
import type { Problem } from '../support/faults.ts'
import { issuerAt } from '../support/issuer.ts'
import { documentOf } from '../support/manifests.ts'
import { operatorToken } from '../support/operator.ts'
import { publish } from '../support/publish.ts'
import { signingBindings } from '../support/signing-keys.ts'
import { moveTimeBy } from '../support/time.ts'

const jwtType = 'urn:ietf:params:oauth:token-type:jwt'
const good = (subject_token: string): Record<string, string> => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token,
  subject_token_type: jwtType,
})

const ask = (form: string | Record<string, string>, init: RequestInit = {}) =>
  exports.default.fetch('http://gate.example/token', { method: 'POST', body: new URLSearchParams(form), ...init })

/** A refusal as OAuth clients read it: `status code error`. */
async function refusal(response: Response): Promise<string> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const { code, error, requestId } = await response.json<Problem & { error: string }>()
  expect(requestId).toMatch(/./)
  return `${response.status} ${code} ${error}`
}

async function stage(name: string, workload: Readonly<Record<string, string>> = {}) {
  const provider = await issuerAt(name)
  const identity = [{ issuer: provider.issuer, subject: `workload:${name}`, ...workload }]
  await apiApp(name, { spec: { identity } })
  const sign = (claims: Readonly<Record<string, unknown>> = {}, header = {}, key?: CryptoKey) =>
    provider.sign({ sub: `workload:${name}`, aud: 'gatehouse:egress', scope: undefined, ...claims }, header, key)
  return { provider, identity, sign }
}

describe('a workload', () => {
  it('gets a token of its app for 15 minutes, which no cache keeps', async () => {
    const { provider, sign } = await stage('token-good')
    const response = await ask(good(await sign({ exp: Math.floor(Date.now() / 1000) + 3_600 })))
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const { access_token, ...rest } = await response.json<{ access_token: string }>()
    expect(rest).toEqual({
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 900,
    })
    const claims = decodeJwt(access_token)
    expect(claims).toMatchObject({
      iss: signingBindings.TOKEN_ISSUER,
      aud: ['token-good', 'gatehouse:egress'],
      app: 'token-good',
      sub: 'workload:token-good',
      sub_id: { format: 'iss_sub', iss: provider.issuer, sub: 'workload:token-good' },
      scope: '',
    })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900)
    const out = await exports.default.fetch('http://gate.example/egress/api.example.com/', {
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(out.headers.get('gatehouse-fault'), 'known as the app, which may go nowhere').toBe('egress-denied')
  })

  it('gets one that ends with the token it showed', async () => {
    const { sign } = await stage('token-short')
    const response = await ask(good(await sign({ exp: Math.floor(Date.now() / 1000) + 60 })))
    expect((await response.json<{ expires_in: number }>()).expires_in).toBeLessThanOrEqual(60)
  })

  it('may have another audience, and a token for several', async () => {
    const { sign } = await stage('token-audience', { audience: 'api://own' })
    expect((await ask(good(await sign({ aud: ['other', 'api://own'] })))).status).toBe(200)
    expect(await refusal(await ask(good(await sign())))).toBe('401 token-invalid invalid_request')
  })

  it('may say what is so anyway', async () => {
    const { sign } = await stage('token-said')
    const said = { audience: 'gatehouse:egress', requested_token_type: jwtType, scope: '' }
    expect((await ask({ ...good(await sign()), ...said })).status).toBe(200)
  })
})

describe('no token is given', () => {
  const shared = stage('token-shared')

  it.each([
    ['another subject', { sub: 'workload:other' }],
    ['a subject that ours is the beginning of', { sub: 'workload:token-shared2' }],
    ['another audience', { aud: 'gatehouse:egress2' }],
    ['no audience', { aud: undefined }],
    ['no subject', { sub: undefined }],
    ['no end', { exp: undefined }],
    ['a future nbf', { nbf: Math.floor(Date.now() / 1000) + 60 }],
  ])('for a token with %s', async (_, claims) => {
    const { sign } = await shared
    expect(await refusal(await ask(good(await sign(claims))))).toBe('401 token-invalid invalid_request')
  })

  it('for a token that another key signed, that is no token, or that has ended', async () => {
    const { sign } = await shared
    const { privateKey } = await generateKeyPair('ES256')
    expect(await refusal(await ask(good(await sign({}, {}, privateKey))))).toBe('401 token-invalid invalid_request')
    expect(await refusal(await ask(good('x')))).toBe('401 token-invalid invalid_request')
    const ended = await sign({ exp: Math.floor(Date.now() / 1000) - 60 })
    expect(await refusal(await ask(good(ended)))).toBe('401 token-expired invalid_request')
    const ending = await sign({ exp: Math.floor(Date.now() / 1000) - 10 })
    expect(await refusal(await ask(good(ending)))).toBe('401 token-expired invalid_request')
  })

  it('where nobody is named, without asking any issuer', async () => {
    const stranger = await issuerAt('token-stranger')
    expect(await refusal(await ask(good(await stranger.sign())))).toBe('401 token-invalid invalid_request')
    expect(stranger.seen).toEqual([])
  })

  it.each([
    [{ grant_type: 'client_credentials' }, '400 request-invalid unsupported_grant_type'],
    [{ grant_type: '' }, '400 request-invalid invalid_request'],
    [{ subject_token: '' }, '400 request-invalid invalid_request'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, '400 request-invalid invalid_request'],
    [{ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, '400 request-invalid invalid_request'],
    [{ actor_token: 'x' }, '400 request-invalid invalid_request'],
    [{ audience: 'other' }, '400 request-invalid invalid_target'],
    [{ resource: 'https://other.example.com' }, '400 request-invalid invalid_target'],
    [{ scope: 'all' }, '400 request-invalid invalid_scope'],
  ])('for the request %j', async (change, expected) => {
    const { sign } = await shared
    const form = { ...good(await sign()), ...(change as Record<string, string>) }
    expect(await refusal(await ask(form))).toBe(expected)
  })

  it('for a parameter twice, another kind of body, one that is too large, or another method', async () => {
    const { sign } = await shared
    const form = new URLSearchParams(good(await sign()))
    expect(await refusal(await ask(`${form}&scope=&scope=`))).toBe('400 request-invalid invalid_request')
    const json = { body: '{}', headers: { 'content-type': 'application/json' } }
    expect(await refusal(await ask({}, json))).toBe('400 request-invalid invalid_request')
    expect(await refusal(await ask({ padding: 'x'.repeat(70_000) }))).toBe('413 body-too-large invalid_request')
    const got = await exports.default.fetch('http://gate.example/token')
    expect(got.headers.get('allow')).toBe('POST')
    expect(await refusal(got)).toBe('405 method-denied invalid_request')
  })

  it('while its issuer is away and has shown no key', async () => {
    const { provider, sign } = await stage('token-away')
    provider.trouble = () => new Response(null, { status: 500 })
    const response = await ask(good(await sign()))
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toBe('503 issuer-unreachable temporarily_unavailable')
  })

  it('once its app has come to its end', async () => {
    const { provider, sign } = await stage('token-expired')
    const life = { stage: 'production', ttlDays: 1 }
    const identity = [{ issuer: provider.issuer, subject: 'workload:token-expired' }]
    await publish({ name: 'token-expired', webhooks: {}, spec: { identity, lifecycle: life, api: api } })
    moveTimeBy(2 * 86_400_000)
    expect(await refusal(await ask(good(await sign())))).toBe('410 app-expired invalid_grant')
  })

  it('where the manifest no longer names the workload, though its key is still there', async () => {
    const { provider, sign } = await stage('token-dropped')
    const subject = 'workload:token-other'
    const digest = await workloadDigest({ issuer: provider.issuer, subject, audience: 'gatehouse:egress' })
    await env.REGISTRY.put(keys.identity(digest), 'token-dropped')
    expect(await refusal(await ask(good(await sign({ sub: subject }))))).toBe('401 token-invalid invalid_request')
  })
})

const api = { routes: [{ path: '/*', methods: ['GET'], auth: 'none' }] }

it('a manifest is refused that names a workload of another app, until the other one lets go of it', async () => {
  const { identity } = await stage('token-owner')
  const authorization = `Bearer ${await operatorToken()}`
  const put = async (name: string, spec: object) => {
    const url = `http://gate.example/admin/v1/apps/${name}?reason=test`
    const body = JSON.stringify(documentOf({ api, webhooks: {}, identity, ...spec }, name))
    return exports.default.fetch(url, { method: 'PUT', headers: { authorization }, body })
  }
  const refused = await put('token-thief', {})
  expect(refused.status).toBe(422)
  expect(await refused.json()).toMatchObject({
    faults: [{ path: 'spec.identity[0]', reason: 'already acts as the app token-owner' }],
  })
  expect((await put('token-owner', {})).status).toBe(200)
  expect((await put('token-owner', { identity: [] })).status).toBe(200)
  expect((await put('token-thief', {})).status).toBe(200)
})
