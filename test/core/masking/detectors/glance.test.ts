import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectorOf } from '#core/masking/detectors/detector.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { escaped, glance, harmless, telling, unspaced } from '#core/masking/detectors/glance.ts'
import { endsNothing } from '#core/masking/detectors/tail.ts'
import { Chance } from '../../../../eval/masking/chance.ts'
import { ownCases } from '../../../../eval/masking/own-cases.ts'

const all = detectorOf(entityTypes)

/** Values of every type in their surroundings, whole or in part, in other case, and with letters in place of digits. */
const values = ownCases(new Chance(7), 5).map(({ text }) => text)
const piece = fc.constantFrom(
  ...['is ', 'was ', 'password ', 'the token', 'key', 'hunter_two', 'basic ', 'Basic ', 'dXNlcjpw', 'secret', '"', "'"],
  ...[
    'DE89 ',
    'cdef ',
    'qa58 dohb 0000 1234 5678 90ab ',
    'g',
    ' ',
    '_',
    '.',
    '/',
    '!',
    'AB',
    'ö',
    '４',
    '–',
    ': ',
    '=',
  ],
  ...['AKIA', 'ghp_', 'swift', '-----BEGIN PRIVATE KEY-----', '1', '@', 'born', 'credential', 'pwd'],
)
const text = fc.oneof(
  fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 12 }).map(pieces => pieces.join('')),
  fc
    .tuple(fc.constantFrom(...values), fc.nat(40), fc.nat(60), fc.constantFrom('', '\\d', '[^a-z ]'))
    .map(([value, from, length, hidden]) => {
      const part = value.slice(from, from + length)
      return hidden ? part.replaceAll(new RegExp(hidden, 'g'), 'x') : part
    }),
  fc.constantFrom(...values),
)
const name = fc.constantFrom('', 'note', 'password', 'pwd', 'clientSecret', 'phone', 'dob', 'swift', 'createdAt')

describe('the first look', () => {
  it('overlooks no text in which a detector finds anything, whatever it is called', () => {
    let overlooked = 0
    fc.assert(
      fc.property(text, name, (given, key) => {
        const look = glance(`"${given}"`, 1) & 3
        const isOverlooked = !/["\\]/.test(given) && all.overlooks(look, { name: () => key })
        if (!isOverlooked) return
        overlooked += 1
        expect(all.find(given, key)).toEqual([])
      }),
      { numRuns: 20_000 },
    )
    expect(overlooked).toBeGreaterThan(1_000)
  })

  it.each([
    ['the password is hunter_two', ''],
    ['the pwd was "hunter_two', ''],
    ['hunter_two', 'password'],
    ['to DEUTDEFF by swift', ''],
    ['send basic OryntLze now_and_then_again', ''],
    ['ann@example.org', ''],
  ])('leaves %j (%j) to the detectors, which find something in it', (given, key) => {
    expect(all.find(given, key)).not.toEqual([])
    expect(all.overlooks(glance(`"${given.replaceAll('"', "'")}"`, 1) & 3, { name: () => key })).toBe(false)
  })

  it('finds where a string ends, or its first escape', () => {
    const seen = (json: string) => [glance(json, 1) >>> 2, glance(json, 1) & 3]
    expect(seen('"some words here" ')).toEqual([16, harmless])
    expect(seen('"words"')).toEqual([6, unspaced])
    expect(seen('"12"')).toEqual([3, telling])
    expect(seen('"[true]"')).toEqual([7, telling])
    expect(seen('"a\\"b"')).toEqual([2, escaped])
    expect(seen('"open')).toEqual([5, escaped])
  })

  it('overlooks nothing where an operator looks for words of their own', () => {
    const own = detectorOf(['CUSTOM'], { dictionaries: [{ name: 'project', words: ['heron'] }] })
    expect(own.overlooks(harmless, { name: () => '' })).toBe(false)
  })
})

describe('words after others', () => {
  it('are left out only where no finding ends in them, wherever it began', () => {
    let leftOut = 0
    fc.assert(
      fc.property(text, text, (first, words) => {
        const before = `${first} `.slice(-128)
        if (!endsNothing(before, words)) return
        leftOut += 1
        expect(all.find(before + words).filter(({ end }) => end > before.length)).toEqual([])
      }),
      { numRuns: 20_000 },
    )
    expect(leftOut).toBeGreaterThan(500)
  })

  it.each([
    ['to qa58 dohb 0000 1234 5678 90ab cdef ', 'g'],
    ['build 10.33.102.159 ', 'F'],
    ['paid by QQ 12 34 56 ', 'C in May'],
    ['the password is ', 'hunter_two'],
    ['pwd ', 'is ghp_is '],
    ['send basic ', 'OryntLze now_and_then_again'],
    ['-----BEGIN PRIVATE KEY-----\n', 'abcdef'],
  ])('%j then %j are searched together', (before, words) => {
    expect(endsNothing(before, words)).toBe(false)
  })
})
