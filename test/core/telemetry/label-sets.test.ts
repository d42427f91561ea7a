import { expect, it } from 'vitest'
import { LabelSets } from '#core/telemetry/label-sets.ts'

it('the same values are the same object, and others another one', () => {
  const sets = new LabelSets('route', 'method')
  const first = sets.of('/v1/items', 'GET')
  expect(first).toEqual({ route: '/v1/items', method: 'GET' })
  expect(sets.of('/v1/items', 'GET')).toBe(first)
  expect(sets.of('/v1/items', 'POST')).toEqual({ route: '/v1/items', method: 'POST' })
  expect(Object.isFrozen(first)).toBe(true)
})

it('more sets than are remembered are as right as the first', () => {
  const sets = new LabelSets('route')
  for (let n = 0; n <= 10_000; n++) sets.of(`/${n}`)
  expect(sets.of('/10000')).toEqual({ route: '/10000' })
  expect(sets.of('/10000')).not.toBe(sets.of('/10000'))
})
