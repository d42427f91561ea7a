import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atPointer } from '#core/json-pointer.ts'

describe('a JSON pointer', () => {
  const document = {
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
  }

  it.each([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('%j finds what RFC 6901 §5 says', (pointer, value) => {
    expect(atPointer(document, pointer)).toEqual(value)
  })

  it('reads ~01 as ~1, not as a slash', () => {
    expect(atPointer({ '~1': 'tilde one' }, '/~01')).toBe('tilde one')
  })

  it.each(['/nope', '/foo/2', '/foo/-', '/foo/00', '/foo/0/x', '/foo/bar', '//x'])('%j finds nothing', pointer => {
    expect(atPointer(document, pointer)).toBeUndefined()
  })

  it('finds nothing that is not the document’s own', () => {
    for (const pointer of ['/constructor', '/__proto__', '/toString', '/foo/map', '/foo/constructor/name'])
      expect(atPointer(document, pointer)).toBeUndefined()
  })

  it('throws at no document and no pointer', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (document, pointer) => {
        expect(() => atPointer(document, `/${pointer}`)).not.toThrow()
      }),
    )
  })
})
