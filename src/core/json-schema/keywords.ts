import { actions } from '#core/masking/action.ts'
import { compilePattern } from '#core/pattern.ts'

/**
 * The keywords of JSON Schema 2020-12 as far as they are checked, in tables; a keyword is a row here.
 */

/** What a keyword takes. */
export interface Form {
  readonly must: string
  holds(value: unknown): boolean
}

const dialect = 'https://json-schema.org/draft/2020-12/schema'
const typeNames = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']
/** Those whose check in the library takes linear time; its `url` took 24 s for 38 characters. */
const formats = ['date', 'date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'time', 'uri', 'uuid']

const text: Form = { must: 'be a text', holds: value => typeof value === 'string' }
const flag: Form = { must: 'be true or false', holds: value => typeof value === 'boolean' }
const number: Form = { must: 'be a number', holds: Number.isFinite }
const count: Form = {
  must: 'be a whole number from 0',
  holds: value => Number.isSafeInteger(value) && Number(value) >= 0,
}
const names: Form = { must: 'be a list of texts', holds: value => isListOf(value, text.holds) }
const anything: Form = { must: 'be JSON', holds: () => true }
const isTypeName = (value: unknown) => typeNames.includes(String(value))

/** Keywords that only tell a reader something; the library is not given them. */
export const annotations: Readonly<Record<string, Form>> = {
  $schema: { must: `be ${dialect}, or be left out`, holds: value => value === dialect },
  $id: text,
  $comment: text,
  title: text,
  description: text,
  default: anything,
  examples: { must: 'be a list', holds: Array.isArray },
  deprecated: flag,
  readOnly: flag,
  writeOnly: flag,
  'x-pii': {
    must: `be true, or one of ${actions.join(', ')}`,
    holds: value => value === true || actions.some(action => action === value),
  },
}

/** Keywords that judge a value without a schema of their own. */
export const plain: Readonly<Record<string, Form>> = {
  $ref: text,
  type: {
    must: `be one of ${typeNames.join(', ')}, or a list of them`,
    holds: value => isTypeName(value) || (isListOf(value, isTypeName) && value.length > 0),
  },
  enum: { must: 'be a list of at least one value', holds: value => Array.isArray(value) && value.length > 0 },
  const: anything,
  format: { must: `be one of ${formats.join(', ')}`, holds: value => formats.includes(String(value)) },
  pattern: {
    must: "be a pattern in RE2's syntax, without look-around and back-references",
    holds: value => typeof value === 'string' && typeof compilePattern(value) !== 'string',
  },
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: { must: 'be a number above 0', holds: value => number.holds(value) && Number(value) > 0 },
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  uniqueItems: flag,
  minContains: count,
  maxContains: count,
  minProperties: count,
  maxProperties: count,
  required: names,
  dependentRequired: {
    must: 'be an object of lists of texts',
    holds: value => isObject(value) && Object.values(value).every(names.holds),
  },
}

/** Keywords that hold schemas: one, a list, or an object of them. */
export const holders: Readonly<Record<string, 'one' | 'list' | 'map'>> = {
  items: 'one',
  contains: 'one',
  additionalProperties: 'one',
  propertyNames: 'one',
  not: 'one',
  if: 'one',
  // biome-ignore lint/suspicious/noThenProperty: a keyword's name
  then: 'one',
  else: 'one',
  prefixItems: 'list',
  allOf: 'list',
  anyOf: 'list',
  oneOf: 'list',
  properties: 'map',
  dependentSchemas: 'map',
  $defs: 'map',
}

const linear = 'Name the members in `properties`, or judge their names by `propertyNames` with a `pattern`.'
const unevaluated = 'List what is allowed, and set `additionalProperties` or `items` to false.'

/** Keywords that the library does not check, or not right, or not in bounded time; each with what to do instead. */
export const refused: Readonly<Record<string, string>> = {
  patternProperties: linear,
  unevaluatedProperties: unevaluated,
  unevaluatedItems: unevaluated,
  definitions: 'Write `$defs`.',
  dependencies: 'Write `dependentRequired` or `dependentSchemas`.',
  additionalItems: 'Write `prefixItems` for the first items, and `items` for the rest.',
  nullable: 'Write `type: [<type>, "null"]`.',
  example: 'Write `examples`.',
  $anchor: 'Refer to `#/$defs/<name>`.',
  $dynamicAnchor: 'Refer to `#/$defs/<name>`.',
  $dynamicRef: 'Write `$ref`.',
  $recursiveAnchor: 'Refer to `#/$defs/<name>`.',
  $recursiveRef: 'Write `$ref`.',
}

/** Keywords that say nothing without another beside them. */
export const companions: Readonly<Record<string, string>> = {
  // biome-ignore lint/suspicious/noThenProperty: a keyword's name
  then: 'if',
  else: 'if',
  minContains: 'contains',
  maxContains: 'contains',
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOf(value: unknown, isOne: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isOne)
}
