import { describe, expect, it } from 'vitest'
import { costOf } from '#core/json-schema/cost.ts'
import { compileSchema } from '#core/json-schema/validator.ts'

const problems = (schema: unknown) => {
  const compiled = compileSchema(schema)
  return compiled.kind === 'refused' ? compiled.problems : []
}
const faults = (schema: unknown) => problems(schema).map(({ path, reason }) => `${path.join('/')}: ${reason}`)
const nested = (levels: number): object => (levels === 0 ? {} : { items: nested(levels - 1) })
const numbered = (count: number, make: (index: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, make(index)]))
const doubling = (count: number) => ({
  $ref: '#/$defs/d0',
  $defs: {
    ...numbered(count, index => ({ allOf: [1, 2].map(() => ({ $ref: `#/$defs/d${index + 1}` })) })),
    [`d${count}`]: {},
  },
})
const chain = (count: number) => ({
  $ref: '#/$defs/d0',
  $defs: { ...numbered(count, index => ({ $ref: `#/$defs/d${index + 1}` })), [`d${count}`]: {} },
})

describe('at publish, a schema is refused', () => {
  it.each([
    ['that is no object', 7, /^: is no schema$/],
    ['larger than 64 KiB', { enum: ['ü'.repeat(32_768)] }, /^: is larger than 65536 bytes$/],
    ['deeper than 32 levels', nested(33), /^: is more than 32 levels deep$/],
    ['with a number that JSON has not', { const: Number.NaN }, /^: holds a value that JSON has not$/],
    ['of another dialect', { $schema: 'http://json-schema.org/draft-07/schema#' }, /^\$schema: must be https:/],
    ['with a misspelled keyword', { propertys: {} }, /^propertys: is not a keyword that is checked$/],
    ['with a keyword that hides in Object', { constructor: 1 }, /^constructor: is not a keyword that is checked$/],
    ['with a keyword of an older draft', { dependencies: {} }, /^dependencies: is not a keyword/],
    ['with content keywords', { contentEncoding: 'base64' }, /^contentEncoding: is not a keyword/],
    ['with a dynamic reference', { $dynamicRef: '#a' }, /^\$dynamicRef: is not a keyword/],
    ['with an anchor', { $anchor: 'a' }, /^\$anchor: is not a keyword/],
    [
      'with a pattern that looks back',
      { properties: { a: { pattern: '(x)\\1' } } },
      /^properties\/a\/pattern: must be a pattern in RE2/,
    ],
    ['with patterns of names', { patternProperties: { x: {} } }, /^patternProperties: is not a keyword/],
    ['with unevaluatedProperties', { unevaluatedProperties: false }, /^unevaluatedProperties: is not a keyword/],
    ['with unevaluatedItems', { unevaluatedItems: false }, /^unevaluatedItems: is not a keyword/],
    ['with the format that backtracks', { format: 'url' }, /^format: must be one of date, /],
    ['with a format that nobody checks', { format: 'credit-card' }, /^format: must be one of date, /],
    ['with a type that is none', { items: { type: 'strnig' } }, /^items\/type: must be one of array, /],
    ['with no type', { type: [] }, /^type: must be one of/],
    ['with a bound that is no number', { minLength: '3' }, /^minLength: must be a whole number from 0$/],
    ['with a bound below 0', { minItems: -1 }, /^minItems: must be a whole number from 0$/],
    ['with multiples of 0', { multipleOf: 0 }, /^multipleOf: must be a number above 0$/],
    ['that requires a text', { required: 'id' }, /^required: must be a list of texts$/],
    ['whose needs are no lists', { dependentRequired: { a: 'b' } }, /^dependentRequired: must be an object of lists/],
    ['with an enum of nothing', { enum: [] }, /^enum: must be a list of at least one value$/],
    ['with a schema that is none', { anyOf: [{}, 7] }, /^anyOf\/1: is no schema$/],
    ['with items of an older draft', { items: [{}] }, /^items: is no schema$/],
    ['with no branches', { oneOf: [] }, /^oneOf: must be a list of schemas$/],
    ['whose properties are no object', { properties: [] }, /^properties: must be an object of schemas$/],
    ['with a name that is no Unicode', { properties: { '\ud800': {} } }, /is not a name that can be referred to$/],
    ['with examples that are no list', { examples: { $ref: 'x' } }, /^examples: must be a list$/],
    ['with then alone', { else: {} }, /^else: says nothing without `if`$/],
    ['with minContains alone', { minContains: 1 }, /^minContains: says nothing without `contains`$/],
    ['with unique items', { uniqueItems: true }, /^uniqueItems: compares every item with every other$/],
    ['with many unique items', { uniqueItems: true, maxItems: 257 }, /^uniqueItems: compares every item/],
    ['that refers elsewhere', { $ref: 'https://example.com/s.json' }, /^\$ref: does not refer to `#\/\$defs\/<name>`$/],
    ['that refers to itself', { items: { $ref: '#' } }, /^items\/\$ref: does not refer to/],
    ['that refers deeper', { $ref: '#/$defs/a/items', $defs: { a: { items: {} } } }, /^\$ref: does not refer to/],
    ['that refers to nothing', { $ref: '#/$defs/a' }, /^\$ref: `a` is not in `\$defs`$/],
    ['with definitions inside', { items: { $defs: {} } }, /^items\/\$defs: stands within the schema$/],
    ['with an identity inside', { items: { $id: 'x' } }, /^items\/\$id: names a schema within the schema$/],
    ['that doubles too often', doubling(11), /^: comes to more than 2000 subschemas, references written out$/],
    ['that doubles without end', doubling(600), /^: comes to more than/],
    ['that chains references', chain(40), /^: comes to more than 32 schemas within one another/],
    ['that chains references without end', chain(1_500), /^: comes to more than 32 schemas within one another/],
  ])('%s', (_, schema, fault) => {
    expect(faults(schema)).toEqual([expect.stringMatching(fault)])
    for (const { remedy } of problems(schema)) expect(remedy).toMatch(/^[A-Z].*[.?]$/)
  })

  it('that leads back to itself, at every reference that does', () => {
    const a = { properties: { b: { $ref: '#/$defs/b' } } }
    const b = { anyOf: [{ items: { $ref: '#/$defs/a' } }] }
    expect(faults({ $ref: '#/$defs/a', $defs: { a, b } })).toEqual([
      '$defs/a/properties/b/$ref: leads back to itself',
      '$defs/b/anyOf/0/items/$ref: leads back to itself',
    ])
  })

  it('that holds itself, as an alias in YAML can make it', () => {
    const circular: Record<string, unknown> = {}
    circular.items = circular
    expect(faults(circular)).toEqual([': is more than 32 levels deep'])
  })

  it('with all its problems at once, each with its path', () => {
    const schema = {
      type: 'x',
      properties: { 'a/b': { minimum: 'y', propertees: {} } },
      allOf: [{}, { format: 'url' }],
      $ref: '#/nowhere',
    }
    expect(problems(schema).map(({ path }) => path)).toEqual([
      ['type'],
      ['properties', 'a/b', 'minimum'],
      ['properties', 'a/b', 'propertees'],
      ['allOf', 1, 'format'],
      ['$ref'],
    ])
  })
})

it('names what was meant: the keyword, the definition, or what to write instead of a pattern', () => {
  expect(problems({ propertees: {} })[0]?.remedy).toBe('Did you mean `properties`?')
  expect(problems({ $ref: '#/$defs/amuont', $defs: { amount: {} } })[0]?.remedy).toBe('Did you mean `amount`?')
  expect(problems({ patternProperties: {} })[0]?.remedy).toContain('`propertyNames` with a `pattern`')
})

it('accepts what only tells a reader something, and what just fits', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://example.com/event',
    title: 'An event',
    $comment: 'x',
    examples: [{}],
    $defs: { amount: { type: 'integer', description: 'in cents', default: 0, readOnly: true } },
    properties: { a: { $ref: '#/$defs/amount' }, $defs: { type: 'string' }, constructor: true },
    uniqueItems: true,
    maxItems: 256,
  }
  expect(faults(schema)).toEqual([])
  expect(faults(nested(31))).toEqual([])
  expect(faults(doubling(8))).toEqual([])
})

it('counts a definition once for every reference to it', () => {
  expect(costOf(doubling(3)).subschemas).toBe(1 + (1 + 2 + 4) * 3 + 8)
})
