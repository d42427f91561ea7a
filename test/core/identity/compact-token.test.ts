import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCompact } from '#core/identity/compact-token.ts'

const base64url = (binary: string) => btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const part = (text: string) => base64url(String.fromCharCode(...new TextEncoder().encode(text)))
const token = (header: string, payload = '{"sub":"a"}', signature = 'AAAA') =>
  `${part(header)}.${part(payload)}.${signature}`

describe('a token in compact form', () => {
  it('is taken apart', () => {
    expect(openCompact(token('{"alg":"ES256"}', '{"sub":"ä","a":[{"b":1},{"b":2}]}'))).toEqual({
      header: { alg: 'ES256' },
      payload: { sub: 'ä', a: [{ b: 1 }, { b: 2 }] },
    })
  })

  it('may hold names that look like punctuation', () => {
    const payload = JSON.stringify({ 'a":"b': '{"a":1,"a":2}', '\\': ':', __proto__x: null })
    expect(openCompact(token('{}', payload))).toMatchObject({ payload: JSON.parse(payload) })
  })
})

describe('no token is', () => {
  it.each<readonly [string, string, string]>([
    ['one with a name twice', token('{}', '{"aud":"a","aud":"b"}'), 'twice'],
    ['one with a name twice, spelled in two ways', token('{}', '{"aud":"a","\\u0061ud":"b"}'), 'twice'],
    ['one with a name twice deep inside', token('{}', '{"a":[{"b":{"c":1,"c":2}}]}'), 'twice'],
    ['one with a name twice in the header', token('{"alg":"none","alg":"ES256"}'), 'twice'],
    ['one whose names vanish in the prototype', token('{}', '{"__proto__":1,"__proto__":2}'), 'twice'],
    ['a list', token('{}', '["a"]'), 'object'],
    ['text', token('{}', '"a"'), 'object'],
    ['null', token('null'), 'object'],
    ['no JSON', token('{}', '{"a":1'), 'JSON'],
    ['no UTF-8', `${part('{}')}.${base64url('{"a":"\xff"}')}.AAAA`, 'UTF-8'],
    ['a byte order mark before JSON', token('\ufeff{}'), 'JSON'],
    ['two parts', `${part('{}')}.${part('{}')}`, '2 parts'],
    ['a JWE', `${token('{}')}.AAAA.AAAA`, '5 parts'],
    ['an unsigned one', `${part('{}')}.${part('{}')}.`, 'empty'],
    ['a padded part', `${part('{"a":1}')}==.${part('{}')}.AAAA`, 'canonical'],
    ['base64 of the other alphabet', token('{}', '{}', '+/+/'), 'canonical'],
    ['bits left over at the end', token('{}', '{}', 'AB'), 'canonical'],
    ['bits left over after two bytes', token('{}', '{}', 'AAB'), 'canonical'],
    ['a length that no bytes have', token('{}', '{}', 'AAAAA'), 'canonical'],
    ['white space', ` ${token('{}')}`, 'canonical'],
    ['one over 16 KiB', token('{}', `{"a":"${'a'.repeat(16_384)}"}`), 'longer'],
    ...['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'].map(
      name => [`one whose header has ${name}`, token(`{"alg":"ES256","${name}":null}`), `has ${name}`] as const,
    ),
  ])('%s', (_, text, why) => {
    expect(openCompact(text)).toContain(why)
  })
})

it('counts names as a parser does, whatever JSON it is given', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), payload => {
      expect(openCompact(token('{}', JSON.stringify(payload)))).toMatchObject({ header: {} })
    }),
  )
})
