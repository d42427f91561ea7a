import { expect, it } from 'vitest'
import { secretVariable } from '#core/secrets/variable.ts'

it('names the Worker secret as the design does', () => {
  expect(secretVariable('shop', 'stripe-current')).toBe('SECRET_SHOP__STRIPE_CURRENT')
})

it('never leads two apps to one variable: no name holds two hyphens in a row', () => {
  expect(secretVariable('a', 'b-c')).not.toBe(secretVariable('a-b', 'c'))
})
