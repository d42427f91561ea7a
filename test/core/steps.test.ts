import { expect, it } from 'vitest'
import { OutOfSteps, Steps } from '#core/steps.ts'

it('lets exactly as many steps be spent as there are, and stays spent', () => {
  const steps = new Steps(3)
  steps.spend(3)
  expect(steps.areSpent).toBe(false)
  expect(() => steps.spend(1)).toThrow(OutOfSteps)
  expect(steps.areSpent).toBe(true)
  expect(() => steps.spend(0)).toThrow(OutOfSteps)
})
