import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode, sha256Hex, utf8Bytes } from '#core/encoding.ts'

const encodings = ['hex', 'base64'] as const

describe.each(encodings)('%s', encoding => {
  it('gives any bytes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(decode(encode(bytes, encoding), encoding)).toEqual(new Uint8Array(bytes))
      }),
    )
  })

  it('gives more bytes back than one call may have arguments', () => {
    const bytes = new Uint8Array(300_000).map((_, at) => at % 251)
    expect(decode(encode(bytes, encoding), encoding)).toEqual(bytes)
  })

  it('reads any text as nothing, or as bytes that are written as that text', () => {
    const alphabet = fc.constantFrom(...'0123456789abcdefABCDEFxyz+/=-_ \n')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: alphabet, maxLength: 12 })), text => {
        const bytes = decode(text, encoding)
        if (bytes === undefined) return
        const written = encode(bytes, encoding)
        expect(encoding === 'hex' ? [written, written.toUpperCase()] : [written]).toContain(text)
      }),
    )
  })

  it('reads the empty text as no bytes', () => {
    expect(decode('', encoding)).toEqual(new Uint8Array())
  })
})

describe('hex', () => {
  it('is written in lower case, and read in either', () => {
    expect(encode(new Uint8Array([0, 15, 171, 255]), 'hex')).toBe('000fabff')
    expect(decode('000FABFF', 'hex')).toEqual(new Uint8Array([0, 15, 171, 255]))
  })

  it.each(['0', 'aB', '0g', ' 00', '00\n', '0x00', '٠٠'])('is not %j', text => {
    expect(decode(text, 'hex')).toBeUndefined()
  })
})

describe('base64', () => {
  it('is padded, in the alphabet of RFC 4648 §4', () => {
    expect(encode(new Uint8Array([251, 255]), 'base64')).toBe('+/8=')
    expect(encode(utf8Bytes('foobar'), 'base64')).toBe('Zm9vYmFy')
  })

  it.each(['-_8=', '+/8', '+/8==', '+/9=', 'Zm9v YmFy', 'Zm9v\n', '====', 'A===', '=AAA', 'AA=A'])(
    'is not %j',
    text => {
      expect(decode(text, 'base64')).toBeUndefined()
    },
  )
})

it('digests as FIPS 180-2 shows', async () => {
  expect(await sha256Hex(utf8Bytes('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
