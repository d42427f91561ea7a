import fc from 'fast-check'
import type { CountryCode } from 'libphonenumber-js'
import parseBy from 'libphonenumber-js/core/es6'
import examples from 'libphonenumber-js/examples.mobile.json'
import parse, { getCountries, getCountryCallingCode, Metadata } from 'libphonenumber-js/min'
import { describe, expect, it } from 'vitest'
import { detectorOf } from '#core/masking/detectors/detector.ts'
import { metadata } from '#core/masking/detectors/phones/metadata.ts'
import { isAmerican, isInternational, isNational, isPossible } from '#core/masking/detectors/phones/validity.ts'

const countries = getCountries()
/** Whose numbers are known in national spelling. */
const national: CountryCode[] = ['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'IN', 'AU', 'BR']
const worldwide = ['800', '808', '870', '878', '881', '882', '883', '888', '979']

const digit = fc.integer({ min: 0, max: 9 })
const change = fc.record({ at: fc.nat(20), digit })

/** A number of the country: an example, some of its digits changed, any digits of a length that it has, after the calling code. */
const numberOf = (country: CountryCode) => {
  const plan = new Metadata()
  plan.selectNumberingPlan(country)
  const example = examples[country] ?? '12345678'
  const changed = fc.array(change, { maxLength: 4 }).map(changes => {
    const digits = [...example]
    for (const { at, digit } of changes) digits[at % digits.length] = String(digit)
    return digits.join('')
  })
  const lengths = (plan.numberingPlan?.possibleLengths() ?? []).filter(length => length >= 4)
  const any = fc.constantFrom(...lengths).chain(length => fc.array(digit, { minLength: length, maxLength: length }))
  return fc.oneof(
    changed,
    any.map(digits => digits.join('')),
  )
}

const isOfLibrary = (spelling: string, country?: CountryCode) => parse(spelling, country)?.isValid() ?? false

describe('a telephone number', () => {
  it('of any country is one exactly where the whole of libphonenumber-js says so, with a trunk prefix or without', () => {
    let valid = 0
    for (const country of countries) {
      const code = getCountryCallingCode(country)
      const dialled = fc.tuple(fc.constantFrom('', '', '0', '1', '8'), numberOf(country)).map(([trunk, number]) => {
        return code + trunk + number
      })
      fc.assert(
        fc.property(dialled, digits => {
          const expected = isOfLibrary(`+${digits}`)
          if (expected) valid++
          expect([digits, isInternational(digits)]).toEqual([digits, expected])
        }),
        { numRuns: 30, examples: [[code + (examples[country] ?? '')]] },
      )
    }
    expect(valid).toBeGreaterThan(countries.length * 10)
  })

  it('of no country, or with a calling code that nobody has, is judged alike', () => {
    const code = fc.oneof(fc.constantFrom(...worldwide), fc.stringMatching(/^\d{1,3}$/))
    const rest = fc.array(digit, { minLength: 4, maxLength: 12 }).map(digits => digits.join(''))
    fc.assert(
      fc.property(code, rest, (code, rest) => isInternational(code + rest) === isOfLibrary(`+${code}${rest}`)),
      { numRuns: 2_000 },
    )
  })

  it.each(national)(
    'of %s in national spelling is one exactly where the whole of libphonenumber-js says so',
    country => {
      const dialled = fc.tuple(fc.constantFrom('', '0', '1'), numberOf(country)).map(parts => parts.join(''))
      fc.assert(
        fc.property(dialled, digits => {
          const american = isWithin(digits, ['US'])
          expect([digits, isNational(digits), isAmerican(digits)]).toEqual([
            digits,
            isWithin(digits, national),
            american,
          ])
        }),
        { numRuns: 150, examples: [[examples[country] ?? ''], [`0${examples[country]}`]] },
      )
    },
  )

  it('may be one, where its calling code and its length fit', () => {
    expect(isPossible('19995550123')).toBe(true)
    expect(isInternational('19995550123')).toBe(false)
    for (const digits of ['1999555012', '999555012345', '0', ''])
      expect([digits, isPossible(digits)]).toEqual([digits, false])
    for (const country of countries)
      expect(isPossible(getCountryCallingCode(country) + (examples[country] ?? ''))).toBe(true)
  })

  it('is judged by plans that libphonenumber-js takes for its own: its own parser reads every country’s example by them', () => {
    for (const country of countries) {
      const example = `+${getCountryCallingCode(country)}${examples[country]}`
      expect([example, parseBy(example, metadata())?.isValid()]).toEqual([example, isOfLibrary(example)])
    }
  })
})

/** As dialled within one of the countries, and not from abroad, nor with the plus forgotten. */
function isWithin(digits: string, countries: readonly CountryCode[]): boolean {
  return countries.some(country => {
    const number = parse(digits, country)
    return number?.isValid() && !Reflect.get(number, '__countryCallingCodeSource')
  })
}

describe('in a text', () => {
  const phones = detectorOf(['PHONE'])
  const found = (text: string, context?: string) =>
    phones.find(text, context).map(({ start, end }) => text.slice(start, end))

  it.each([
    ['write to +1 876 555 0123', '+1 876 555 0123'],
    ['write to +49 (0)30 1234567', '+49 (0)30 1234567'],
    ['write to (+44) 20 7946 0958', '(+44) 20 7946 0958'],
    ['write to +44 (0)20 7946 0958', '+44 (0)20 7946 0958'],
    ['write to 0049 30 123456', '0049 30 123456'],
    ['call 0049 30 1234567', '0049 30 1234567'],
    ['write to 876-555-0123', '876-555-0123'],
    ['call +1 999 555 0123', '+1 999 555 0123'],
  ])('%s', (text, number) => {
    expect(found(text)).toEqual([number])
  })

  it.each([
    'the sum is +1 999 555 0123',
    'the sum is +999 30 1234567',
    'the sum is 0099 30 1234567',
    'the sum is 999-555-0123',
  ])('nothing is in: %s', text => {
    expect(found(text)).toEqual([])
  })

  it('what nobody has been given yet is one where its name says so', () => {
    expect(found('+1 999 555 0123', 'phone')).toEqual(['+1 999 555 0123'])
    expect(found('+1 999 555 0123', 'total')).toEqual([])
  })
})
