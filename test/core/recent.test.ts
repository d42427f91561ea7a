import { expect, it } from 'vitest'
import { Recent } from '#core/recent.ts'

it('makes each value once, and forgets the one used longest ago', () => {
  const made: string[] = []
  const recent = new Recent<string>(2)
  const make = (text: string) => {
    made.push(text)
    return text.toUpperCase()
  }
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(text => recent.get(text, make))).toEqual(['A', 'B', 'A', 'C', 'A', 'B'])
  expect(made).toEqual(['a', 'b', 'c', 'b'])
})
