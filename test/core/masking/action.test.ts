import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Action, actions, replacementOf } from '#core/masking/action.ts'
import { fixedKeys } from '../../support/masking.ts'

const keys = fixedKeys('shop')
const card = '4111 1111 1111 1111'
const replaced = (action: Action, value = card, type = 'CREDIT_CARD') =>
  replacementOf(action, type, value, { keepLast: 4, keys })

describe('an action', () => {
  it('redact: the type, in brackets', () => expect(replaced('redact')).toBe('[CREDIT_CARD]'))
  it('mask: the last four stay', () => expect(replaced('mask')).toBe('***************1111'))
  it('mask: never more than half stays', () => expect(replaced('mask', '12345')).toBe('***45'))
  it('hash: equal for equal values, under a key', () => {
    expect(replaced('hash')).toMatch(/^GHH_CREDIT_CARD_[0-9a-f]{32}$/)
    expect(replaced('hash')).toBe(replaced('hash', card))
    const other = replacementOf('hash', 'CREDIT_CARD', card, { keepLast: 4, keys: fixedKeys('other') })
    expect(other).not.toBe(replaced('hash'))
  })
  it('tokenize: a token that opens', () => expect(keys.open(replaced('tokenize'))?.value).toBe(card))
  it('tokenize: what is too long for a token is redacted', () =>
    expect(replaced('tokenize', 'x'.repeat(2_000), 'API_SECRET')).toBe('[API_SECRET]'))
  it('format: another card number of the same shape, with a right check digit', () => {
    const other = replaced('format')
    expect(other).toMatch(/^\d{4} \d{4} \d{4} \d{4}$/)
    expect(other).not.toBe(card)
    expect(luhn(other.replaceAll(' ', ''))).toBe(0)
    expect(replaced('format')).toBe(other)
  })
  it('format: letters stay letters, kinds too small for FF1 are overwritten', () => {
    expect(replaced('format', 'DE89 3704 0044', 'IBAN')).toMatch(/^XX\d\d \d{4} \d{4}$/)
    expect(replaced('format', 'Zoë.Smith-1@example.com', 'EMAIL')).toMatch(
      /^X[a-z]{2}\.X[a-z]{4}-0@[a-z]{7}\.[a-z]{3}$/,
    )
  })
  it('drop: nothing', () => expect(replaced('drop')).toBe(''))

  it('leaves no value of eight characters or more in what it writes', () => {
    const value = fc.stringMatching(/^[a-z0-9@.+-]{8,40}$/)
    fc.assert(
      fc.property(value, fc.constantFrom(...actions), (original, action) => {
        expect(replaced(action, original, 'EMAIL')).not.toContain(original)
      }),
    )
  })
})

function luhn(digits: string): number {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const doubled = Number(digit) * (place % 2 === 1 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10
}
