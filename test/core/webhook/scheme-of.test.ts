import { expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { signedMessage } from '#core/webhook/signed-message.ts'

const hmac = { header: 'X-Sig', prefix: 'p=', algorithm: 'hmac-sha1', encoding: 'hex', signed: '{body}' } as const

it('is the vendor’s row for a vendor’s name', () => {
  expect(schemeOf({ scheme: 'stripe' })).toBe(schemes.stripe)
})

it('is none for a name that no row has, not even one that every object has', () => {
  for (const scheme of ['paypal', '', 'constructor', '__proto__', 'toString'])
    expect(schemeOf({ scheme })).toBeUndefined()
})

it('is a row of the source’s own options for hmac, with header names in lower case', () => {
  const own = schemeOf({
    scheme: 'hmac',
    hmac: { ...hmac, signed: '{timestamp}{body}', timestamp: 'X-Time', id: 'X-Id' },
  })
  expect(own).toMatchObject({
    signature: { header: 'x-sig' },
    timestamp: { header: 'x-time' },
    ids: [{ header: 'x-id' }],
  })
})

it('is none for hmac without options', () => {
  expect(schemeOf({ scheme: 'hmac' })).toBeUndefined()
})

it('replaces each placeholder where it stands, and nothing inside what it puts in', () => {
  const message = signedMessage(
    '{id}|{timestamp}|{body}|{body}',
    { id: '{body}', timestamp: '{id}' },
    utf8Bytes('{id}'),
  )
  expect(new TextDecoder().decode(message)).toBe('{body}|{id}|{id}|{id}')
})

it('is the body itself where nothing else is signed, also an empty one', () => {
  const body = new Uint8Array([0, 255, 10])
  expect(signedMessage('{body}', {}, body)).toEqual(body)
  expect(signedMessage('{body}', {}, new Uint8Array())).toEqual(new Uint8Array())
})
