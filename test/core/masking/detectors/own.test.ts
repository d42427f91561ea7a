import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectorOf } from '#core/masking/detectors/detector.ts'
import { maxPatternText } from '#core/masking/detectors/own/patterns.ts'
import { TextTooLong } from '#core/masking/detectors/own/too-long.ts'
import { compilePattern } from '#core/pattern.ts'
import { OutOfSteps } from '#core/steps.ts'

const words = (text: string, detector = own) => detector.find(text).map(({ start, end }) => text.slice(start, end))
const own = detectorOf(['CUSTOM'], {
  customPatterns: [{ name: 'ticket', pattern: '\\bT-\\d{3,}' }],
  dictionaries: [{ name: 'project', words: ['Blue Heron', 'heron', 'Ärger'] }],
})

describe('own patterns', () => {
  it('find what they match, under their name', () => {
    expect(own.find('see T-4711 now')).toEqual([{ type: 'CUSTOM', subtype: 'ticket', start: 4, end: 10 }])
    expect(words('T-12 xT-4711')).toEqual([])
  })

  it('refuse a text that is too long to read, so that it does not pass unmasked', () => {
    expect(() => own.find('a'.repeat(maxPatternText + 1))).toThrow(TextTooLong)
  })

  it('are refused when they cannot be linear', () => {
    expect(() => detectorOf(['CUSTOM'], { customPatterns: [{ name: 'x', pattern: '(?=a)' }] })).toThrow('own pattern x')
  })
})

describe('dictionaries', () => {
  it('find whole words in any case, the longest where they overlap', () => {
    expect(words('the BLUE HERON, a heron, herons, blueheron, ärger')).toEqual(['BLUE HERON', 'heron', 'ärger'])
  })

  it('keep offsets true where lower case is longer than upper case', () => {
    expect(words('İİ heron')).toEqual(['heron'])
  })

  it('are bounded', () => {
    const words = Array.from({ length: 10_001 }, (_, index) => `w${index}`)
    expect(() => detectorOf(['CUSTOM'], { dictionaries: [{ name: 'x', words }] })).toThrow('at most 10000')
  })
})

describe('spans of a pattern', () => {
  const spans = (pattern: string, text: string) => {
    const compiled = compilePattern(pattern)
    if (typeof compiled === 'string') throw new Error(compiled)
    return [...compiled.spans(text)].map(([start, end]) => text.slice(start, end))
  }

  it('are those of JavaScript’s own engine', () => {
    const pattern = fc.constantFrom(
      'a+b?',
      'ab|a',
      'a|ab',
      '(?:a|b)*c',
      'a*?b',
      '\\bab\\b',
      '^a',
      'b$',
      '[^a]+',
      'a{2,3}',
      'a{2,3}?',
      '(?i)AB',
      '.b',
      '\\d+',
      '(?:ab)+|b',
      '(?m)^b',
      '😀+',
    )
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', 'A', ' ', '1', '\n', '😀'), { maxLength: 20 })
      .map(letters => letters.join(''))
    fc.assert(
      fc.property(pattern, text, (source, given) => {
        const flags = `gu${source.startsWith('(?i)') ? 'i' : ''}${source.startsWith('(?m)') ? 'm' : ''}`
        const plain = new RegExp(source.replace(/^\(\?[im]\)/, ''), flags)
        const expected = [...given.matchAll(plain)].map(([found]) => found).filter(found => found !== '')
        expect(spans(source, given)).toEqual(expected)
      }),
      { numRuns: 3_000 },
    )
  })

  it('end where many attempts would each read to the end of the text', () => {
    expect(() => spans('a[^z]*z|a', 'a'.repeat(60_000))).toThrow(OutOfSteps)
  })
})
