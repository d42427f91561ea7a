import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectorOf } from '#core/masking/detectors/detector.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { elapsedMs } from '../../../support/elapsed.ts'

const all = detectorOf(entityTypes, {
  customPatterns: [{ name: 'ticket', pattern: 'T-\\d+' }],
  dictionaries: [{ name: 'project', words: ['Blue Heron', 'ß'] }],
})

/** Pieces that detectors react to, put together at random. */
const piece = fc.constantFrom(
  '@',
  '.',
  ':',
  '://',
  '-',
  ' ',
  '+1',
  '(650)',
  '253-0000',
  '4111 1111 1111 1111',
  'ann@example.org',
  'DE89',
  '3704 0044 0532 0130 00',
  'eyJ',
  'sk-',
  'ghp_',
  'passport',
  'DOB',
  '1985-10-23',
  '::1',
  '10.0.0.1',
  '-----BEGIN PRIVATE KEY-----',
  'password=',
  'T-1',
  'blue heron',
  '\ud83d',
  '\udE00',
  '😀',
  '４',
  'ß',
  'İ',
  '\u0000',
  '1',
  'A',
  'x',
)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 25 }).map(pieces => pieces.join('')),
)

describe('findings', () => {
  it('lie within the text, in its order, without overlap, whatever the text', () => {
    fc.assert(
      fc.property(text, fc.string({ maxLength: 12 }), (given, key) => {
        let end = 0
        for (const finding of all.find(given, key)) {
          expect(finding.start).toBeGreaterThanOrEqual(end)
          expect(finding.end).toBeGreaterThan(finding.start)
          end = finding.end
        }
        expect(end).toBeLessThanOrEqual(given.length)
      }),
      { numRuns: 2_000 },
    )
  })

  it('are the same each time: nothing is carried from one text to the next', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const first = all.find(one)
        all.find(other)
        expect(all.find(one)).toEqual(first)
      }),
      { numRuns: 500 },
    )
  })

  it('cover a value wherever it stands among words', () => {
    const value = 'ann.lee@example.org'
    fc.assert(
      fc.property(fc.lorem(), fc.lorem(), (before, after) => {
        const start = before.length + 1
        const given = `${before} ${value} ${after}`
        expect(all.find(given)).toContainEqual({ type: 'EMAIL', start, end: start + value.length })
      }),
      { numRuns: 200 },
    )
  })
})

describe('hostile texts', () => {
  it.each([
    '0',
    '1 ',
    '12 34 ',
    'a 12 34 12 34 ',
    '1234567890 ',
    'passport 123456789 ',
    '@',
    'a@',
    'a@b.',
    'a:',
    'ab::',
    '://a:',
    '-eyJabc',
    'eyJabcdefgh.eyJ-',
    '-----BEGIN RSA PRIVATE KEY-----',
    'sk-',
    'github_pat_',
    'Bearer ',
    'DE89 3704 ',
    'ABCDEFGH ',
    'ab-cd-ef-',
    '1.',
    '+1 ',
    '(650) ',
    '020 7946 ',
    'password: ',
    'secret is ',
    '\ud800',
    'Jan 1, ',
    'QUJD+/',
    '"',
    'T-',
    'blue ',
  ])('%j, 32 KiB of it, ends in bounded time', async piece => {
    const hostile = piece.repeat(Math.ceil(32_768 / piece.length))
    expect(await elapsedMs(() => all.find(hostile))).toBeLessThan(4_000)
  })
})
