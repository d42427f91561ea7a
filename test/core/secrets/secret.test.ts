import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret, secretName } from '#core/secrets/secret.ts'

describe('a secret', () => {
  const secret = new Secret('stripe-current', 'sk_live_value')

  it.each([
    ['String', () => String(secret)],
    ['a template', () => `${secret}`],
    ['concatenation', () => `x${secret as unknown as string}`],
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['what console.log inspects with', () => inspect({ secret }, { depth: 9, showHidden: true, getters: true })],
    ['its own entries', () => JSON.stringify(Object.entries(secret))],
    ['a copy by spreading', () => JSON.stringify({ ...secret })],
    ['the type tag', () => Object.prototype.toString.call(secret)],
    ['an error about it', () => String(new Error(`bad: ${secret}`))],
  ])('does not print its value through %s', (_, print) => {
    expect(print()).not.toContain('sk_live_value')
  })

  it('prints as [secret]', () => {
    expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual(['[secret]', '"[secret]"', '[secret]'])
  })

  it('gives its value out by `reveal` only, and its name freely', () => {
    expect(secret.reveal()).toBe('sk_live_value')
    expect(secret.name).toBe('stripe-current')
  })

  it('does not survive being cloned', () => {
    expect(JSON.stringify(structuredClone({ ...secret }))).not.toContain('sk_live_value')
  })
})

it('has a name of lower-case words and hyphens, which no real secret looks like', () => {
  for (const name of ['a', 'stripe-current', 'key2']) expect(secretName.test(name)).toBe(true)
  for (const name of ['', 'A', 'a_b', 'a-', '-a', 'a--b', 'whsec_x', 'a\n']) expect(secretName.test(name)).toBe(false)
})
