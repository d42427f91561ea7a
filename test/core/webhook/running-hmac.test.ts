import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decode, encode, utf8Bytes } from '#core/encoding.ts'
import { RunningHmac } from '#core/webhook/running-hmac.ts'
import { workerdDigests } from '#platform/digests.ts'

async function running(key: Uint8Array<ArrayBuffer>, pieces: readonly Uint8Array[]): Promise<string> {
  const hmac = await RunningHmac.under(key, workerdDigests)
  for (const piece of pieces) await hmac.add(piece)
  return encode(await hmac.end(), 'hex')
}

async function webCrypto(key: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>): Promise<string> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return encode(new Uint8Array(await crypto.subtle.sign('HMAC', imported, message)), 'hex')
}

it('is what Web Crypto computes, whatever the key and however the message is cut', async () => {
  const key = fc.uint8Array({ minLength: 1, maxLength: 200, size: 'max' })
  const pieces = fc.array(fc.uint8Array({ maxLength: 300, size: 'max' }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(key, pieces, async (given, cut) => {
      const message = new Uint8Array(cut.flatMap(piece => [...piece]))
      expect(await running(new Uint8Array(given), cut)).toBe(await webCrypto(new Uint8Array(given), message))
    }),
    { examples: [63, 64, 65].map(bytes => [new Uint8Array(bytes).fill(7), [new Uint8Array(64), new Uint8Array()]]) },
  )
})

it.each([
  ['0b'.repeat(20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    'aa'.repeat(131),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
])('is what RFC 4231 says of the key %s', async (key, message, code) => {
  expect(await running(decode(key, 'hex') ?? new Uint8Array(), [utf8Bytes(message)])).toBe(code)
})
