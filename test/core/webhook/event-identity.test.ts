import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import { dedupeClaims } from '#core/webhook/event-identity.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import type { Scheme } from '#core/webhook/scheme.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'
import { schemes } from '#core/webhook/schemes.ts'

const claims = (
  scheme: Scheme,
  {
    headers = {},
    body = '{}',
    source = 'shop',
    by,
  }: { headers?: HeadersInit; body?: string; source?: string; by?: 'id' },
) => dedupeClaims(scheme, source, new Headers(headers), parsedOnce(utf8Bytes(body)), utf8Bytes(`signed:${body}`), by)

const digestOf = (source: string, body: string) => sha256Hex(utf8Bytes(`${source}\nsigned:${body}`))

describe('an id that the signature covers', () => {
  it('is claimed alone: from the header that is signed', async () => {
    expect(await claims(schemes['standard-webhooks'], { headers: { 'webhook-id': 'msg_1' } })).toEqual({
      vendorId: 'msg_1',
    })
    expect(await claims(schemes.svix, { headers: { 'svix-id': 'msg_2' } })).toEqual({ vendorId: 'msg_2' })
  })

  it('is claimed alone: from the body', async () => {
    expect(await claims(schemes.stripe, { body: '{"id":"evt_1"}' })).toEqual({ vendorId: 'evt_1' })
    expect(await claims(schemes.slack, { body: '{"event_id":"Ev1"}' })).toEqual({ vendorId: 'Ev1' })
  })
})

describe('an event without the id that its scheme gives', () => {
  it.each(['{}', '{"id":7}', '{"id":""}', '{"id":null}', 'not json', `{"id":"${'x'.repeat(257)}"}`, '["id"]'])(
    'claims the signed bytes instead: %s',
    async body => {
      expect(await claims(schemes.stripe, { body })).toEqual({ signedDigest: await digestOf('shop', body) })
    },
  )

  it('claims them within its source: the same bytes at another source are another event', async () => {
    const one = await claims(schemes.slack, { body: 'form=1', source: 'one' })
    const other = await claims(schemes.slack, { body: 'form=1', source: 'other' })
    expect(one.signedDigest).not.toBe(other.signedDigest)
  })

  it('claims them even where the manifest trusts ids alone: there is none to trust', async () => {
    expect(await claims(schemes.github, { by: 'id' })).toEqual({ signedDigest: await digestOf('shop', '{}') })
  })
})

describe('an id that the signature does not cover', () => {
  it('is claimed together with the signed bytes, so that a captured request under a new id is known', async () => {
    const first = await claims(schemes.github, { headers: { 'x-github-delivery': 'd-1' } })
    const replayed = await claims(schemes.github, { headers: { 'x-github-delivery': 'd-2' } })
    expect(first).toEqual({ vendorId: 'd-1', signedDigest: await digestOf('shop', '{}') })
    expect(replayed).toEqual({ vendorId: 'd-2', signedDigest: first.signedDigest })
  })

  it('is claimed alone where the manifest says `dedupe: {by: id}`', async () => {
    expect(await claims(schemes.github, { headers: { 'x-github-delivery': 'd-1' }, by: 'id' })).toEqual({
      vendorId: 'd-1',
    })
  })

  it('is none where it is not visible ASCII of a sane length', async () => {
    for (const id of ['a b', 'a\tb', 'x'.repeat(257)])
      expect(await claims(schemes.github, { headers: { 'x-github-delivery': id } })).not.toHaveProperty('vendorId')
  })
})

describe('Shopify', () => {
  const ids = { 'x-shopify-event-id': 'e-1', 'x-shopify-topic': 'orders/create', 'x-shopify-webhook-id': 'w-1' }

  it('has one event id under every topic it touches, so the topic is part of the claim', async () => {
    const created = await claims(schemes.shopify, { headers: ids })
    const paid = await claims(schemes.shopify, { headers: { ...ids, 'x-shopify-topic': 'orders/paid' } })
    expect(created.vendorId).not.toBe(paid.vendorId)
  })

  it('falls back to the webhook id, and never confuses it with an event id', async () => {
    const { 'x-shopify-event-id': _, ...others } = ids
    expect((await claims(schemes.shopify, { headers: others })).vendorId).toBe('w-1')
    const bare = await claims(schemes.shopify, { headers: { 'x-shopify-event-id': 'w-1' } })
    expect(bare.vendorId).not.toBe('w-1')
  })
})

describe('home-made options', () => {
  const options = { header: 'X-Signature', prefix: '', algorithm: 'hmac-sha256', encoding: 'hex' } as const
  const made = (more: { signed: string; id?: string }) => {
    const scheme = schemeOf({ scheme: 'hmac', hmac: { ...options, ...more } })
    if (!scheme) throw new Error('no scheme')
    return scheme
  }

  it('claim nothing where they name no id: two equal bodies may be two events', async () => {
    expect(await claims(made({ signed: '{body}' }), {})).toEqual({})
  })

  it('claim a signed id alone, and an unsigned one with the signed bytes', async () => {
    const headers = { 'x-event-id': 'e-1' }
    expect(await claims(made({ signed: '{id}.{body}', id: 'X-Event-Id' }), { headers })).toEqual({ vendorId: 'e-1' })
    expect(await claims(made({ signed: '{body}', id: 'X-Event-Id' }), { headers })).toEqual({
      vendorId: 'e-1',
      signedDigest: await digestOf('shop', '{}'),
    })
  })
})

it('claims something for every event of every vendor, whatever its body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.values(schemes)), fc.string(), async (scheme, body) => {
      expect(Object.keys(await claims(scheme, { body })).length).toBeGreaterThan(0)
    }),
  )
})
