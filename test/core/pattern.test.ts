import { describe, expect, it } from 'vitest'
import { compilePattern } from '#core/pattern.ts'
import { elapsedMs } from '../support/elapsed.ts'

function pattern(text: string) {
  const compiled = compilePattern(text)
  if (typeof compiled === 'string') throw new Error(compiled)
  return compiled
}

describe('a pattern', () => {
  it.each([
    ['^evt_[a-z0-9]{4}$', 'evt_ab12', 'evt_ab1'],
    ['b', 'abc', 'ac'],
    ['^\\d{4}-\\d\\d$', '2026-01', '２０２６-01'],
    ['^\\u0041\\u{42}$', 'AB', 'ab'],
    ['^\\cA$', '\u0001', 'A'],
    ['^\\\\u0041$', '\\u0041', 'A'],
    ['^\\p{L}+$', 'äöü', 'a1'],
    ['^(?<name>a|b)$', 'a', 'c'],
  ])('%s matches what it describes', (text, matching, other) => {
    expect([pattern(text).test(matching), pattern(text).test(other)]).toEqual([true, false])
  })

  it.each([
    '(',
    '(?=a)',
    '(?!a)',
    '(?<=a)b',
    '(a)\\1',
    'a{2000}',
    '[',
    '*',
    `${'a'.repeat(513)}`,
    '(?:a{1000}b{1000})',
  ])('is refused, with why, when its time or size could not be bounded: %s', text => {
    expect(compilePattern(text)).toMatch(/^the pattern is /)
  })

  it.each(['(a+)+$', '^(a|aa)*$', '(a*)*b', '^(a|a)*c', '(.*a){12}x'])(
    'takes linear time on the worst text: %s',
    async text => {
      const compiled = pattern(text)
      const hostile = `${'a'.repeat(20_000)}!`
      expect(await elapsedMs(() => compiled.test(hostile))).toBeLessThan(2_000)
      expect(compiled.test(hostile)).toBe(false)
    },
  )

  it('costs in proportion to text and pattern', () => {
    expect(pattern('abc').steps('x'.repeat(80_000))).toBeGreaterThan(10_000)
    expect(pattern('a{900}').steps('x'.repeat(1_000))).toBeGreaterThan(pattern('a').steps('x'.repeat(1_000)))
  })
})
