import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import type { Scheme } from '#core/webhook/scheme.ts'
import { signAs } from '#core/webhook/sign.ts'
import { readClaim } from '#core/webhook/signature-header.ts'
import { type Row, rows } from '../../support/vectors.ts'
import { arrivalOf, headerSoup, judged, secretOf } from '../../support/webhooks.ts'

const nowSeconds = 1_795_230_000
const refused = /^(signature-missing|signature-mismatch|timestamp-outside)$/

/** Bytes, with one changed, added or left out. */
const mutated = (bytes: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc
    .tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), fc.constantFrom('change', 'add', 'drop'))
    .map(([at, byte, how]) => {
      const kept = [...bytes]
      kept.splice(at, how === 'add' ? 0 : 1, ...(how === 'drop' ? [] : [byte]))
      return new Uint8Array(kept)
    })
    .filter(other => other.join() !== bytes.join())

/** A text of header characters other than white space and separators, with one of them changed, added or left out. */
const mutatedText = (text: string): fc.Arbitrary<string> =>
  mutated(utf8Bytes(text))
    .map(bytes => new TextDecoder('latin1').decode(bytes))
    .filter(other => /^[\x21-\x2b\x2d-\x7e]*$/.test(other))

/** Any text, and texts made of what signature headers are made of. */
const headerValue = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('v1=', 'v1,', 'v0=', 'sha256=', 't=', ',', ' ', '\n', 'ab', 'AAAA', '=', String(nowSeconds)))
    .map(parts => parts.join('')),
)

describe.each(rows)('$name', row => {
  const { scheme, vector } = row

  it('verifies no body with any byte changed, added or left out', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(utf8Bytes(vector.body)), async body => {
        expect(await verdictOn(row, vector.headers, body)).toBe('signature-mismatch')
      }),
    )
  })

  it('verifies no signature text with any character changed, added or left out', async () => {
    const header = vector.headers[scheme.signature.header] ?? ''
    const { prefix } = scheme.signature
    const at = prefix === '' ? 0 : header.lastIndexOf(prefix) + prefix.length
    await fc.assert(
      fc.asyncProperty(mutatedText(header.slice(at)), async signature => {
        expect(
          await verdictOn(row, { ...vector.headers, [scheme.signature.header]: header.slice(0, at) + signature }),
        ).toMatch(refused)
      }),
    )
  })

  it('reads any header soup without throwing, and verifies none of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...headersOf(scheme)), headerValue), async soup => {
        const headers = headerSoup({ ...vector.headers, [scheme.signature.header]: 'none', ...soup })
        expect(() => readClaim(scheme, headers, new Date(nowSeconds * 1000), 300)).not.toThrow()
        expect(await judged(scheme, arrivalOf(row, { headers }), [secretOf(row)])).toMatch(refused)
      }),
    )
  })

  it('verifies what it signs, over any bytes', async () => {
    const id = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(c => String.fromCharCode(c)), minLength: 1 })
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), id, async (bytes, id) => {
        const body = new Uint8Array(bytes)
        const headers = await signAs(scheme, body, { id, timestampSeconds: nowSeconds }, [secretOf(row)])
        expect(await judged(scheme, { headers, body, nowSeconds }, [secretOf(row)])).toBe('current')
      }),
    )
  })
})

describe.each(rows.filter(({ scheme }) => scheme.timestamp))('$name, which signs its timestamp,', row => {
  const { scheme, vector } = row
  it('verifies no other timestamp', async () => {
    const stated = scheme.timestamp && 'header' in scheme.timestamp ? scheme.timestamp.header : undefined
    const near = fc.integer({ min: vector.now - 300, max: vector.now + 300 }).map(String)
    const other = fc.oneof(mutatedText(String(vector.now)), near).filter(text => text !== String(vector.now))
    await fc.assert(
      fc.asyncProperty(other, async text => {
        const name = stated ?? scheme.signature.header
        const value = stated ? text : (vector.headers[name] ?? '').replace(String(vector.now), text)
        expect(await verdictOn(row, { ...vector.headers, [name]: value })).toMatch(refused)
      }),
    )
  })
})

describe.each(rows.filter(({ scheme }) => scheme.signed.includes('{id}')))('$name, which signs its id,', row => {
  const { scheme, vector } = row
  it('verifies no other id', async () => {
    const name = scheme.ids.flatMap(place => ('header' in place ? place.header : []))[0] ?? ''
    await fc.assert(
      fc.asyncProperty(mutatedText(vector.headers[name] ?? ''), async id => {
        expect(await verdictOn(row, { ...vector.headers, [name]: id })).toMatch(refused)
      }),
    )
  })
})

function headersOf(scheme: Scheme): string[] {
  return [
    scheme.signature.header,
    ...(scheme.timestamp && 'header' in scheme.timestamp ? [scheme.timestamp.header] : []),
    ...scheme.ids.flatMap(place => ('header' in place ? [place.header] : [])),
  ]
}

/** The vector with other headers, or another body. */
function verdictOn(
  row: Row,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer> = row.vector.body,
): Promise<string> {
  return judged(row.scheme, arrivalOf(row, { headers, body }), [secretOf(row)])
}
