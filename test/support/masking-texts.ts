import fc from 'fast-check'
import { Chance } from '../../eval/masking/chance.ts'
import { ownCases } from '../../eval/masking/own-cases.ts'

/** Values of every type in their surroundings, and texts that are nearly one. */
const cases = ownCases(new Chance(11), 8).map(({ text }) => `${text} `)

/** Words that make a value, or unmake it; pieces of values; and whatever parts or joins words. */
const words = [
  ...['order ', 'order no. ', 'the order\n', 'account ', 'part no ', 'invoice was ', 'phone: ', 'call me ', 'DOB '],
  ...['born on the 23rd of ', 'October 1985 ', 'is her birthday ', 'passport ', 'swift ', 'routing ', 'licence '],
  ...['0532 0130 00 ', '020 7946 0958 ', '5321130088 ', '123456789 ', '12.5.1990 ', 'DEUTDEFF ', 'AB1CDE ', '12 '],
  ...[
    '4111 1111 ',
    '1111 1111 ',
    '４１１１ １１１１ ',
    '１１１１ １１１１ ',
    '+1 415 ',
    '555 2671 ',
    'ext. 12 ',
    'DE89 3704 0044 ',
  ],
  ...['MT84 MALT 0110 0001 2345 MTLC AST0 01S ', 'a@b.co ', '"john ', 'doe"@x.org ', 'user:pa', 'ss1@host ', '://'],
  ...['password: "', 'the pwd ', 'is ', 'was ', 'secret = "', 'correct horse ', 'staple1', '" ', 'Basic ', 'Bearer '],
  ...[
    '-----BEGIN RSA PRIVATE KEY-----\n',
    'MIIEvQIBADANBg\n',
    '-----END RSA PRIVATE KEY-----',
    'x'.repeat(90),
    'word ',
  ],
  ...[
    '\n',
    '\r\n',
    '\t',
    '  ',
    ', ',
    '; ',
    '(',
    ')',
    '。',
    '、',
    '，',
    '！',
    '{',
    '}',
    '[',
    '\\',
    "'",
    '😀',
    '\u00a0',
    'ü',
  ],
]

/** Texts with values, with what is nearly one, and with words that tell which is which. */
export const texts = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.constantFrom(...words), fc.constantFrom(...cases)), { maxLength: 12 })
  .map(pieces => pieces.join(''))
