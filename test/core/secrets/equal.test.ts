import fc from 'fast-check'
import { expect, it } from 'vitest'
import { constantTimeEqual } from '#core/secrets/equal.ts'

it('is true of a text and itself, and of no two different texts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), async (one, other) => {
      expect(await constantTimeEqual(one, one)).toBe(true)
      expect(await constantTimeEqual(one, other)).toBe(one === other)
    }),
  )
})

it.each([
  ['', 'a'],
  ['secret', 'secre'],
  ['secret', 'secret '],
  ['secret', 'Secret'],
  ['a\u0000', 'a'],
  ['\u00e9', 'e\u0301'],
])('tells %j from %j', async (one, other) => {
  expect(await constantTimeEqual(one, other)).toBe(false)
  expect(await constantTimeEqual(other, one)).toBe(false)
})
