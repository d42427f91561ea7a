import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UnitSplitter } from '#core/masking/streams/unit-splitter.ts'
import { cuts, pieces } from '../../../support/chunks.ts'
import { texts } from '../../../support/masking-texts.ts'

/** The units of a text that comes in pieces, and how many there were before it ended. */
function unitsOf(parts: readonly string[]): { readonly units: string[]; readonly early: number } {
  const splitter = new UnitSplitter('words', 32)
  const units: string[] = []
  const take = (isEnd: boolean) => {
    for (let unit = splitter.next(isEnd); unit; unit = splitter.next(isEnd)) {
      units.push(unit.text.slice(unit.start, unit.end))
    }
  }
  for (const part of parts) {
    splitter.push(part)
    take(false)
  }
  const early = units.length
  take(true)
  return { units, early }
}

const key = (body: number) =>
  `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBg\n'.repeat(body)}-----END PRIVATE KEY-----\n`

describe('units', () => {
  it('are the text, and the same however it comes', () => {
    fc.assert(
      fc.property(texts, cuts, (text, places) => {
        const { units } = unitsOf(pieces(text, places))
        expect(units.join('')).toBe(text)
        expect(units).toEqual(unitsOf([text]).units)
      }),
      { numRuns: 300 },
    )
  })

  it('keep a private key whole, also one right after another', () => {
    expect(unitsOf([`a ${key(1_200)}b`]).units).toEqual(['a ', key(1_200), 'b'])
    const two = key(2).trimEnd() + key(2)
    expect(unitsOf([`${two}b`]).units).toEqual([two, 'b'])
  })

  it('do not wait for the end of what is open without end', () => {
    for (const open of [' ', '"a ', 'password: "a ', '-----BEGIN PRIVATE KEY-----\n', 'DE89 abcd ', '1 of ']) {
      const { units, early } = unitsOf([open.repeat(20_000)])
      expect(early).toBeGreaterThan(units.length / 2)
    }
  })

  it('wait for what comes after only where it may tell something', () => {
    const splitter = new UnitSplitter('words', 32)
    splitter.push('about 12 words, or 12345 words ')
    expect(splitter.next(false)).toMatchObject({ text: 'about 12 words, or 12345 words '.slice(0, 16) })
    expect(splitter.next(false)).toBeUndefined()
    splitter.push('which are more than one line holds ')
    expect(splitter.next(false)?.text).toContain('which are more than one line')
  })
})
