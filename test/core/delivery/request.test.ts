import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { Consignment } from '#core/delivery/event.ts'
import { deliveryHeaders, deliveryUrl } from '#core/delivery/request.ts'
import { utf8Bytes } from '#core/encoding.ts'
import { Secret } from '#core/secrets/secret.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { signAs } from '#core/webhook/sign.ts'

const body = '{"id":"evt_1","note":"Größe"}'
const consignment: Consignment = {
  eventId: 'any~shop~0~01JGFJJZ00ABCDEFGHJKMNPQRS',
  source: 'github',
  attempt: 3,
  receivedAtMs: Date.UTC(2026, 0, 1, 12, 30, 0, 7),
  headers: [
    ['content-type', 'application/json'],
    ['x-github-event', 'push'],
  ],
  hops: 1,
}
/** `standardwebhooks` compares with the clock on the wall. */
const now = new Date()
const keys = ['the first key of the app', 'its second, older one 24'].map(
  (text, index) => new Secret(`key-${index}`, `whsec_${btoa(text)}`),
)
const headersOf = (change: Partial<Consignment> = {}, signing: readonly Secret[] = keys, at = now) =>
  deliveryHeaders(
    { ...consignment, ...change },
    signing.length > 0 ? input => signAs(schemes['standard-webhooks'], utf8Bytes(body), input, signing) : undefined,
    at,
  )

describe('the headers of an attempt', () => {
  it('are the vendor’s, then those that the design names', async () => {
    const headers = Object.fromEntries(await headersOf())
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-github-event': 'push',
      'webhook-id': consignment.eventId,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'gatehouse-source': 'github',
      'gatehouse-attempt': '3',
      'gatehouse-received-at': '2026-01-01T12:30:00.007Z',
      'gatehouse-hops': '2',
    })
  })

  it('are ours where the vendor sent the same name', async () => {
    const forged: [string, string][] = ['webhook-id', 'webhook-signature', 'gatehouse-source', 'gatehouse-attempt'].map(
      name => [name, 'forged'],
    )
    for (const [name, value] of await headersOf({ headers: forged })) expect([name, value]).not.toContain('forged')
  })

  it('hold a time of this attempt and the id of the event on every attempt', async () => {
    const later = await headersOf({ attempt: 4 }, keys, new Date(now.getTime() + 60_000))
    const first = await headersOf()
    expect(later.get('webhook-id')).toBe(first.get('webhook-id'))
    expect(Number(later.get('webhook-timestamp')) - Number(first.get('webhook-timestamp'))).toBe(60)
    expect(later.get('webhook-signature')).not.toBe(first.get('webhook-signature'))
  })
})

describe('the signature', () => {
  it('is one v1 per key, each of which standardwebhooks verifies', async () => {
    const headers = Object.fromEntries(await headersOf())
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    for (const key of keys) expect(new Webhook(key.reveal()).verify(body, headers)).toEqual(JSON.parse(body))
    expect(() => new Webhook(btoa('a key that did not sign it')).verify(body, headers)).toThrow()
  })

  it('is absent where the manifest names no key', async () => {
    const headers = await headersOf({}, [])
    expect(headers.get('webhook-signature')).toBeNull()
    expect(headers.get('webhook-id')).toBe(consignment.eventId)
  })

  it('is never left out silently: a key that is no whsec_ key is secret-missing', async () => {
    for (const text of ['plain text!', 'whsec_', ''])
      await expect(headersOf({}, [new Secret('broken', text)])).rejects.toMatchObject({ code: 'secret-missing' })
  })
})

describe('traceparent', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const given = (traceparent: string) => headersOf({ headers: [['traceparent', traceparent]] })

  it('keeps the vendor’s trace and flags under a span of its own', async () => {
    const next = (await given(`00-${trace}-b7ad6b7169203331-00`)).get('traceparent')
    expect(next).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`))
    expect(next).not.toContain('b7ad6b7169203331')
  })

  it('keeps tracestate with its trace, and drops it with one that is not valid', async () => {
    const stateOf = async (traceparent: string) =>
      (
        await headersOf({
          headers: [
            ['traceparent', traceparent],
            ['tracestate', 'vendor=1'],
          ],
        })
      ).get('tracestate')
    expect(await stateOf(`00-${trace}-b7ad6b7169203331-01`)).toBe('vendor=1')
    expect(await stateOf('no trace')).toBeNull()
  })

  it.each([
    '',
    'x',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `ff-${trace}-b7ad6b7169203331-01`,
    `00-${trace.toUpperCase()}-b7ad6b7169203331-01`,
    `00-${trace}-b7ad6b7169203331-01-more`,
  ])('is a new trace where the vendor’s is not valid: %j', async traceparent => {
    const next = (await given(traceparent)).get('traceparent')
    expect(next).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/)
    expect(next).not.toContain(trace)
  })

  it('is another span on every attempt', async () => {
    const one = (await headersOf()).get('traceparent')
    expect((await headersOf()).get('traceparent')).not.toBe(one)
  })
})

describe('the URL', () => {
  it.each([
    ['https://shop.example.com', '/hooks', 'https://shop.example.com/hooks'],
    ['https://shop.example.com/', '/hooks', 'https://shop.example.com/hooks'],
    ['https://shop.example.com/base', '/hooks?a=b', 'https://shop.example.com/base/hooks?a=b'],
    ['https://shop.example.com/base/', '/', 'https://shop.example.com/base/'],
    ['https://shop.example.com', '//evil.example/x', 'https://shop.example.com//evil.example/x'],
  ])('%s joined with %s is %s', (upstream, path, url) => {
    expect(deliveryUrl(upstream, path)).toBe(url)
    expect(new URL(url).host).toBe('shop.example.com')
  })
})
