import { expect, it } from 'vitest'
import { type Round, ratioOf, verdictOn } from '../../bench/interval.ts'
import { latencyOf } from '../../bench/percentiles.ts'

/** Times of one slice: most of them short, a few in a tail, all stretched by what the machine does meanwhile. */
function slice(stretch: number): number[] {
  return Array.from({ length: 200 }, () => stretch * (2 - Math.log(1 - Math.random())))
}

function rounds(count: number, factor: number): Round[] {
  return Array.from({ length: count }, () => {
    const machine = 1 + Math.random()
    return [slice(factor * machine), slice(machine)]
  })
}

it.each([
  ['alike', 1, 'met'],
  ['twice as slow', 2, 'missed'],
])('the verdict on two sides that are %s', (_, factor, verdict) => {
  const all = rounds(40, factor)
  const found = ratioOf(all)
  const p99 = (side: 0 | 1) => latencyOf(all.flatMap(round => round[side])).p99
  expect(found.ratio).toBe(p99(0) / p99(1))
  expect(found.low).toBeLessThanOrEqual(found.ratio)
  expect(found.high).toBeGreaterThanOrEqual(found.ratio)
  expect(verdictOn(found, 1.2)).toBe(verdict)
})

it('decides nothing of a few rounds that the machine threw apart', () => {
  const thrown: Round[] = [
    [slice(9), slice(1)],
    [slice(1), slice(1)],
    [slice(1), slice(8)],
    [slice(2), slice(1)],
  ]
  expect(verdictOn(ratioOf(thrown), 1.2)).toBe('not decided')
})
