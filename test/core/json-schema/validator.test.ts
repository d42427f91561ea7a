import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileSchema, validatorOf } from '#core/json-schema/validator.ts'
import { elapsedMs } from '../../support/elapsed.ts'

const failures = (schema: object, document: unknown) => validatorOf(schema).failures(document)
const list = <Item>(length: number, make: (index: number) => Item) => Array.from({ length }, (_, index) => make(index))
const members = (count: number) => Object.fromEntries(list(count, index => [`m${index}`, 1]))
const work = ['(document) (work)']

describe('a document is judged by', () => {
  it.each<[object, unknown, unknown]>([
    [{ type: 'integer' }, 1, 1.5],
    [{ type: ['string', 'null'] }, null, 0],
    [{ enum: [1, { a: [] }] }, { a: [] }, { a: [0] }],
    [{ const: null }, null, 0],
    [{ minimum: 1 }, 1, 0],
    [{ maximum: 1 }, 1, 2],
    [{ exclusiveMinimum: 1 }, 2, 1],
    [{ exclusiveMaximum: 1 }, 0, 1],
    [{ multipleOf: 0.01 }, 19.99, 0.001],
    [{ minLength: 2 }, '💩💩', '💩'],
    [{ maxLength: 1 }, '💩', '💩💩'],
    [{ format: 'date' }, '2024-02-29', '2023-02-29'],
    [{ format: 'time' }, '23:59:59Z', '24:00:00Z'],
    [{ format: 'date-time' }, '2024-02-29T12:00:00+02:00', '2024-02-29'],
    [{ format: 'uuid' }, '123e4567-e89b-12d3-a456-426614174000', '123e4567'],
    [{ format: 'hostname' }, 'a.example', '-a.example'],
    [{ format: 'email' }, 'a@example.com', 'a@'],
    [{ format: 'ipv4' }, '192.0.2.1', '192.0.2.256'],
    [{ format: 'ipv6' }, '2001:db8::1', '2001:db8:::1'],
    [{ format: 'uri' }, 'https://example.com/a?b#c', '/a'],
    [{ pattern: '^[a-z]+\\d' }, 'ab1', 'aB1'],
    [{ pattern: '(a+)+$', format: 'email', allOf: [{ minLength: 3 }] }, 'a@example.coma', 'a@example.com'],
    [{ propertyNames: { pattern: '^x-' } }, { 'x-a': 1 }, { a: 1 }],
    [{ required: ['a'] }, { a: null }, { b: 1 }],
    [{ properties: { a: { type: 'string' } } }, { a: '', b: 1 }, { a: 1 }],
    [
      JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'),
      JSON.parse('{"__proto__":""}'),
      JSON.parse('{"__proto__":1}'),
    ],
    [{ properties: { a: true }, additionalProperties: false }, { a: 1 }, { a: 1, b: 1 }],
    [{ propertyNames: { maxLength: 1 } }, { a: 1 }, { ab: 1 }],
    [{ minProperties: 1 }, { a: 1 }, {}],
    [{ maxProperties: 1 }, { a: 1 }, { a: 1, b: 1 }],
    [{ dependentRequired: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
    [{ dependentSchemas: { a: { required: ['b'] } } }, { b: 1 }, { a: 1 }],
    [{ items: { type: 'string' } }, ['a'], ['a', 1]],
    [{ prefixItems: [{ const: 1 }], items: false }, [1], [1, 2]],
    [{ contains: { const: 1 } }, [0, 1], [0]],
    [{ contains: { const: 1 }, minContains: 2 }, [1, 1], [1]],
    [{ contains: { const: 1 }, maxContains: 1 }, [1, 0], [1, 1]],
    [{ minItems: 1 }, [0], []],
    [{ maxItems: 1 }, [0], [0, 0]],
    [{ uniqueItems: true, maxItems: 3 }, [1, '1', [1]], [{ a: 1 }, { a: 1 }]],
    [{ allOf: [{ minimum: 1 }, { maximum: 2 }], uniqueItems: true, maxItems: 2 }, 1, 3],
    [{ anyOf: [{ const: 1 }, { const: 2 }] }, 2, 3],
    [{ oneOf: [{ minimum: 1 }, { maximum: 2 }] }, 3, 1],
    [{ not: { type: 'string' } }, 1, ''],
    // biome-ignore lint/suspicious/noThenProperty: a keyword's name
    [{ if: { required: ['a'] }, then: { required: ['b'] }, else: { required: ['c'] } }, { c: 1 }, { a: 1 }],
    [{ $ref: '#/$defs/a.b-c_1', minimum: 1, $defs: { 'a.b-c_1': { maximum: 2 } } }, 2, 3],
  ])('%j', (schema, fitting, other) => {
    expect(failures(schema, fitting)).toEqual([])
    expect(failures(schema, other)).not.toEqual([])
    expect(failures(schema, other)).not.toEqual(work)
  })
})

describe('failures', () => {
  it('are named by pointer and keyword, without values', () => {
    const schema = {
      required: ['id', 'x~/y'],
      properties: { items: { items: { properties: { 'a/b~c %ü#': { type: 'integer' } } } }, kind: { enum: ['x'] } },
    }
    expect(failures(schema, { items: [{ 'a/b~c %ü#': 1 }, { 'a/b~c %ü#': 'secret' }] })).toEqual([
      '/id (required)',
      '/x~0~1y (required)',
      '/items/1/a~1b~0c %ü# (type)',
    ])
    expect(failures(schema, { id: 1, 'x~/y': 1, kind: 'secret' })).toEqual(['/kind (enum)'])
    expect(failures({ type: 'object' }, 'secret')).toEqual(['(document) (type)'])
  })

  it('are ten at most, and each of a bounded length', () => {
    const document = Object.fromEntries(list(50, index => [`${'n'.repeat(500)}${index}`, 1]))
    const told = failures({ additionalProperties: { type: 'string' } }, { ...document, ...members(50) })
    expect(told).toHaveLength(10)
    for (const failure of told) expect(failure.length).toBeLessThan(160)
  })

  it('of branches are told for the whole', () => {
    const anyOf = [{ type: 'string' }, { properties: { x: false } }, { type: 'null' }]
    expect(failures({ properties: { a: { anyOf } } }, { a: { x: 1 } })).toEqual(['/a (anyOf)'])
    expect(failures({ contains: { const: 1 }, minItems: 9 }, [0, 0])).toEqual([
      '(document) (minItems)',
      '(document) (contains)',
    ])
  })
})

it('leaves the schema as it was', () => {
  const schema = { $defs: { a: { $ref: '#/$defs/b' }, b: {} }, $ref: '#/$defs/a', uniqueItems: true, maxItems: 1 }
  const before = JSON.stringify(schema)
  validatorOf(schema).failures([])
  expect(JSON.stringify(schema)).toBe(before)
  expect(Reflect.ownKeys(schema.$defs.a)).toEqual(['$ref'])
})

describe('what the library would be long at, or throw at, does not fit', () => {
  it.each<[string, object, unknown]>([
    [
      'many items under many schemas',
      { items: { allOf: list(1_900, () => ({ type: 'number' })) } },
      list(5_000, () => 0),
    ],
    ['many members under many schemas', { allOf: list(1_900, () => ({ minProperties: 1 })) }, members(50_000)],
    ['many values against a large enum', { contains: { enum: list(5_000, index => index) } }, list(50_000, () => 'x')],
    ['a long text under many schemas', { allOf: list(1_900, () => ({ format: 'date-time' })) }, 't'.repeat(1_000_000)],
    [
      'a long name under many schemas',
      { allOf: list(500, () => ({ additionalProperties: true })) },
      { ['ü/~'.repeat(100_000)]: 1 },
    ],
    ['items that are large and compared', { uniqueItems: true, maxItems: 256 }, list(256, () => list(1_000, () => 0))],
    ['names that are no Unicode', { additionalProperties: true }, { '\ud800': 1 }],
    [
      'items too deep to compare',
      { uniqueItems: true, maxItems: 2 },
      list(2, () => JSON.parse('['.repeat(50_000) + ']'.repeat(50_000))),
    ],
  ])('%s', async (_, schema, document) => {
    let told: readonly string[] = []
    expect(
      await elapsedMs(() => {
        told = failures(schema, document)
      }),
    ).toBeLessThan(1_000)
    expect(told).toEqual(work)
  })

  it('but more items than `maxItems` fail for that, and are not compared', async () => {
    const document = list(10_000, index => ({ index }))
    expect(await elapsedMs(() => failures({ uniqueItems: true, maxItems: 256 }, document))).toBeLessThan(1_000)
    expect(failures({ uniqueItems: true, maxItems: 256 }, document)).toEqual(['(document) (maxItems)'])
  })
})

it('judges 1 MiB of ordinary records', () => {
  const properties = Object.fromEntries(
    list(20, index => [`field${index}`, { type: ['string', 'null'], maxLength: 100 }]),
  )
  const row = { type: 'object', required: ['field0', 'field1'], properties, additionalProperties: false }
  const rows = list(2_300, () => Object.fromEntries(list(20, index => [`field${index}`, `some text ${index}`])))
  expect(JSON.stringify(rows).length).toBeGreaterThan(1_000_000)
  expect(failures({ type: 'array', items: row }, rows)).toEqual([])
})

const few = { maxKeys: 2 }
const count = fc.nat(3)
const plain = fc.record(
  {
    type: fc.constantFrom('object', 'array', 'string', ['integer', 'null']),
    enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 200 }),
    const: fc.jsonValue({ maxDepth: 1 }),
    format: fc.constantFrom('date', 'date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'time', 'uri', 'uuid'),
    multipleOf: fc.constantFrom(1, 0.01, 3e-300, 1e300),
    minimum: fc.integer(),
    maxLength: count,
    minProperties: count,
    required: fc.array(fc.string(), { maxLength: 50 }),
    dependentRequired: fc.dictionary(fc.string(), fc.array(fc.string()), few),
    maxItems: fc.nat(256),
    uniqueItems: fc.boolean(),
  },
  { requiredKeys: [] },
)

/** Schemas of all keywords, so deep; some are refused. */
function anySchema(depth: number): fc.Arbitrary<unknown> {
  const leaf = plain.map(({ uniqueItems, ...rest }) =>
    rest.maxItems === undefined ? rest : { ...rest, uniqueItems: uniqueItems ?? true },
  )
  if (depth === 0) return fc.oneof(fc.boolean(), leaf)
  const sub = anySchema(depth - 1)
  const ones = fc.constantFrom('items', 'not', 'contains', 'additionalProperties', 'propertyNames', 'if')
  const maps = fc.constantFrom('properties', 'dependentSchemas')
  const lists = fc.constantFrom('allOf', 'anyOf', 'oneOf', 'prefixItems')
  const parts = fc.tuple(
    leaf,
    fc.dictionary(ones, sub, few),
    fc.dictionary(maps, fc.dictionary(fc.constantFrom('m0', 'm1', '__proto__'), sub, few), few),
    fc.dictionary(lists, fc.array(sub, { minLength: 1, maxLength: 30 }), { maxKeys: 1 }),
  )
  return parts.map(keywords => Object.assign({}, ...keywords))
}

/** With a definition that is used in two places. */
const anyRoot = fc
  .tuple(anySchema(2), anySchema(1))
  .map(([root, a]) => ({ allOf: [root, { $ref: '#/$defs/a' }], not: { items: { $ref: '#/$defs/a' } }, $defs: { a } }))

/** Documents of up to some 100,000 values, most of them alike. */
const anyDocument = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.tuple(fc.jsonValue({ maxDepth: 1 }), fc.nat(20_000)).map(([value, count]) => list(count, () => value)),
  fc.nat(20_000).map(members),
  fc
    .tuple(fc.constantFrom('a', '"', 't', '/~ü', '1.', ':'), fc.nat(200_000))
    .map(([text, count]) => text.repeat(count)),
)

it('judges any document by any schema that the guards let through, in seconds where the library alone takes minutes, and never throws', async () => {
  let judged = 0
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 9, arbitrary: anyRoot }, fc.anything()),
      anyDocument,
      async (schema, document) => {
        const compiled = compileSchema(schema)
        if (compiled.kind === 'refused') return
        judged += 1
        expect(await elapsedMs(() => compiled.validator.failures(document))).toBeLessThan(5_000)
      },
    ),
    { numRuns: 300 },
  )
  expect(judged).toBeGreaterThan(100)
}, 60_000)
