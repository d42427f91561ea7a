import { expect, it } from 'vitest'
import { Recent } from '#core/recent.ts'

function madeBy(limit: number, asked: string): string {
  const recent = new Recent<string>(limit)
  let made = ''
  const make = (text: string) => {
    made += text
    return text.toUpperCase()
  }
  expect([...asked].map(text => recent.get(text, make)).join('')).toBe(asked.toUpperCase())
  return made
}

it('makes each value once, as long as no more others than its bound were used since', () => {
  expect(madeBy(2, 'ababab')).toBe('ab')
  expect(madeBy(2, 'abacacab')).toBe('abc')
  expect(madeBy(4, 'abcdabcd')).toBe('abcd')
})

it('forgets what was not used while twice as many others were', () => {
  expect(madeBy(2, 'abcdea')).toBe('abcdea')
  expect(madeBy(4, 'abcdefghia')).toBe('abcdefghia')
})

it('tells what it holds without counting that as use', () => {
  const recent = new Recent<string>(1)
  const make = (text: string) => text.toUpperCase()
  recent.get('a', make)
  recent.get('b', make)
  expect([recent.peek('a'), recent.peek('b'), recent.peek('c')]).toEqual(['A', 'B', undefined])
  recent.get('c', make)
  expect(recent.peek('a')).toBeUndefined()
})
