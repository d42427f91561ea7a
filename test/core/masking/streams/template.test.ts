import fc from 'fast-check'
import { expect, it } from 'vitest'
import { maskingFlow } from '#core/masking/streams/masking-flow.ts'
import { passOf } from '../../../support/masking.ts'

const rule = { entities: ['EMAIL', 'API_SECRET', 'PHONE', 'IBAN'], action: 'tokenize' }
const word = fc.constantFrom(
  ...[
    'the ',
    'order ',
    'was ',
    'ann@exam',
    'ple.org ',
    'password is ',
    'hunter_two ',
    '+1 415 ',
    '555 2671 ',
    '"',
    '\\',
  ],
  ...['","', '":"', 'content', 'ü', '😀', '\u0001', '', '0', '{"a":1}', 'DE89 3704 0044 ', '0532 0130 00 ', 'logprobs'],
)

/** One message for each word, and the fault that ends them; a member that differs in each keeps them from being alike. */
function masked(words: readonly string[], isAlike: boolean, twice: boolean): string[] {
  const flow = maskingFlow('lines', passOf(rule))
  const lines = words.map((content, n) => {
    const json = JSON.stringify({ id: 'c-1', choices: [{ index: 0, delta: { content } }], ...(!isAlike && { n }) })
    return `${twice ? json.replace('"content"', '"content":"the ","content"') : json}\n`
  })
  let out = ''
  try {
    for (const line of lines) out += flow.push(line)
    out += flow.end()
  } catch (error) {
    out += String(error)
  }
  return out.split('\n').map(line => line.replace(/,"n":\d+/, ''))
}

it('messages that are alike but for their text leave as they would if each were read whole', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 25 }), fc.boolean(), (words, twice) => {
      expect(masked(words, true, twice)).toEqual(masked(words, false, twice))
    }),
    { numRuns: 400 },
  )
})
