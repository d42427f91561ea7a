import { exports } from 'cloudflare:workers'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { schemes } from '#core/webhook/schemes.ts'
import { accepted, comeToNextAttempt, eventIn, gatedApp, push } from '../support/gated-app.ts'
import { signingBindings } from '../support/signing-keys.ts'
import type { Seen } from '../support/upstream.ts'

const currentKey = `whsec_${btoa('the current key: thirty-two byte')}`
const oldKey = `whsec_${btoa('the key of before: thirty-two by')}`
const quickly = { retry: { baseSeconds: 60, maxSeconds: 60 } }
const withKeys = {
  spec: { signing: { secrets: ['sign', 'sign-old'] } },
  secrets: { sign: currentKey, 'sign-old': oldKey },
}

describe('the request that an app gets', () => {
  it('is a POST to the upstream joined with the path of the source, with the headers the gateway promises', async () => {
    const seen = await gatedApp('deliver-headers')
    const before = Date.now()
    const eventId = await accepted('deliver-headers', {
      headers: { 'content-type': 'application/cloudevents+json; v=1' },
    })
    const { receivedAt } = await eventIn('delivered', eventId)
    const [request] = seen
    expect(request?.url).toBe('https://deliver-headers.example.com/in')
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      'content-type': 'application/cloudevents+json; v=1',
      'webhook-id': eventId,
      'gatehouse-source': 'shop',
      'gatehouse-attempt': '1',
      'gatehouse-received-at': receivedAt,
      'gatehouse-hops': '1',
    })
    expect(receivedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(Date.parse(receivedAt)).toBeGreaterThanOrEqual(before)
    expect(request?.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
    expect(request?.redirect).toBe('manual')
  })

  it('keeps the base path of the upstream', async () => {
    const seen = await gatedApp('deliver-base', {
      spec: { upstreams: [{ name: 'stable', url: 'https://deliver-base.example.com/apps/one/' }] },
    })
    await eventIn('delivered', await accepted('deliver-base'))
    expect(seen[0]?.url).toBe('https://deliver-base.example.com/apps/one/in')
  })

  it('carries the headers of the vendor, without signatures, secrets, forwarding and names of the gateway', async () => {
    const seen = await gatedApp('deliver-vendor', { ...withKeys, source: { scheme: 'github' } })
    const headers = {
      'x-github-event': 'push',
      'x-github-delivery': 'd-1',
      'x-hub-signature': 'sha1=00',
      authorization: 'Basic dmVuZG9y',
      cookie: 'session=1',
      forwarded: 'for=192.0.2.1',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-proto': 'https',
      'x-real-ip': '192.0.2.1',
      'cf-connecting-ip': '192.0.2.1',
      'cf-ray': '8f0000000000abcd',
      'gatehouse-attempt': '77',
      'gatehouse-token': 'forged',
      'webhook-id': 'forged',
      'webhook-signature': 'v1,forged',
    }
    const eventId = await accepted('deliver-vendor', { scheme: schemes.github, headers })
    await eventIn('delivered', eventId)
    const got = Object.fromEntries(seen[0]?.headers ?? [])
    expect(got).toMatchObject({ 'x-github-event': 'push', 'x-github-delivery': 'd-1' })
    expect(got).toMatchObject({ 'webhook-id': eventId, 'gatehouse-attempt': '1' })
    const gone = Object.keys(headers).filter(
      name => !name.startsWith('x-github-') && !['webhook-id', 'webhook-signature', 'gatehouse-attempt'].includes(name),
    )
    for (const name of [...gone, 'x-hub-signature-256']) expect(got).not.toHaveProperty(name)
  })

  it("continues the vendor's trace with a span of its own, and counts the hops on", async () => {
    const seen = await gatedApp('deliver-trace')
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await eventIn('delivered', await accepted('deliver-trace', { headers: { traceparent, 'gatehouse-hops': '2' } }))
    expect(seen[0]?.headers.get('traceparent')).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/,
    )
    expect(seen[0]?.headers.get('gatehouse-hops')).toBe('3')
  })
})

describe('the signature on a delivery', () => {
  it('is accepted by the unmodified standardwebhooks package with every key of `signing`', async () => {
    const seen = await gatedApp('deliver-signed', withKeys)
    await eventIn('delivered', await accepted('deliver-signed', { body: '{"a": "ä"}' }))
    expect(verified(seen[0], currentKey)).toEqual({ a: 'ä' })
    expect(verified(seen[0], oldKey)).toEqual({ a: 'ä' })
    expect(() => verified(seen[0], `whsec_${btoa('some other key')}`)).toThrow()
  })

  it('is made afresh for every attempt, under the same webhook-id', async () => {
    let status = 503
    const seen = await gatedApp('deliver-fresh', {
      ...withKeys,
      source: quickly,
      answer: () => new Response(null, { status, headers: { 'retry-after': '600' } }),
    })
    const eventId = await accepted('deliver-fresh')
    const waiting = await eventIn('waiting', eventId)
    status = 200
    await comeToNextAttempt(waiting)
    await eventIn('delivered', eventId)
    const [first, second] = seen
    expect(verified(second, currentKey)).toEqual({ n: 1 })
    expect(() => verified(first, currentKey)).toThrow('too old')
    expect(first?.headers.get('webhook-id')).toBe(second?.headers.get('webhook-id'))
    expect(first?.headers.get('webhook-signature')).not.toBe(second?.headers.get('webhook-signature'))
    expect(second?.headers.get('gatehouse-attempt')).toBe('2')
  })

  it('is absent where the manifest names no keys', async () => {
    const seen = await gatedApp('deliver-unsigned')
    await eventIn('delivered', await accepted('deliver-unsigned'))
    expect(seen[0]?.headers.has('webhook-signature')).toBe(false)
    expect(seen[0]?.headers.get('webhook-timestamp')).toMatch(/^\d{10}$/)
  })

  it('is replaced by a token, which any library verifies with the published keys', async () => {
    const seen = await gatedApp('deliver-token')
    await eventIn('delivered', await accepted('deliver-token'))
    const published = await exports.default.fetch('http://gate.example/.well-known/jwks.json')
    expect(published.headers.get('cache-control')).toBe('public, max-age=300')
    const keys = createLocalJWKSet(await published.json<JSONWebKeySet>())
    const wanted = { issuer: signingBindings.TOKEN_ISSUER, audience: 'deliver-token' }
    const { payload } = await jwtVerify(seen[0]?.headers.get('gatehouse-token') ?? '', keys, wanted)
    expect(payload).toMatchObject({ app: 'deliver-token', sub: 'webhook:shop', scope: '' })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300)
  })

  it('is made by the keys in place while another is missing', async () => {
    const seen = await gatedApp('deliver-one-key', { ...withKeys, secrets: { 'sign-old': oldKey } })
    await eventIn('delivered', await accepted('deliver-one-key'))
    expect(verified(seen[0], oldKey)).toEqual({ n: 1 })
  })
})

it('keeps a slow app from slowing another', async () => {
  await gatedApp('deliver-slow', { answer: () => new Promise(() => {}) })
  await gatedApp('deliver-quick')
  await Promise.all(Array.from({ length: 12 }, () => push('deliver-slow')))
  await eventIn('delivered', await accepted('deliver-quick'))
})

function verified(seen: Seen | undefined, key: string): unknown {
  return new Webhook(key).verify(new TextDecoder().decode(seen?.body), Object.fromEntries(seen?.headers ?? []))
}
