import { nearest } from '#core/manifest/problems.ts'

export type Path = readonly (string | number)[]
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/** One thing wrong with a schema, in words its author can act on. */
export interface SchemaProblem {
  readonly path: Path
  readonly reason: string
  readonly remedy: string
}

/** What a keyword takes. */
interface Form {
  readonly must: string
  holds(value: unknown): boolean
}

export const maxSchemaBytes = 65_536
const maxDepth = 32
const maxUniqueItems = 256
const maxProblems = 20
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
}

/** Keywords that judge a value without a schema of their own. */
const plain: Readonly<Record<string, Form>> = {
  $ref: text,
  type: {
    must: `be one of ${typeNames.join(', ')}, or a list of them`,
    holds: value => isTypeName(value) || (isListOf(value, isTypeName) && value.length > 0),
  },
  enum: { must: 'be a list of at least one value', holds: value => Array.isArray(value) && value.length > 0 },
  const: anything,
  format: { must: `be one of ${formats.join(', ')}`, holds: value => formats.includes(String(value)) },
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

const linear = 'List the values with `enum` or `const`, or write a filter `when` with `matches`, whose time is linear.'
const unevaluated = 'List what is allowed, and set `additionalProperties` or `items` to false.'

/** Keywords that the library does not check, or not right, or not in bounded time; each with what to do instead. */
const refused: Readonly<Record<string, string>> = {
  pattern: linear,
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
const companions: Readonly<Record<string, string>> = {
  // biome-ignore lint/suspicious/noThenProperty: a keyword's name
  then: 'if',
  else: 'if',
  minContains: 'contains',
  maxContains: 'contains',
}

/** Everything that a schema may not hold; nothing when the library judges by it as it reads. */
export function formProblems(schema: unknown): readonly SchemaProblem[] {
  const unfit = unfitness(schema, 1, { characters: maxSchemaBytes })
  if (unfit)
    return [{ path: [], reason: unfit, remedy: 'Check less of the payload, or move what repeats into `$defs`.' }]
  const problems: SchemaProblem[] = []
  const references: { readonly from: string | undefined; readonly to: string; readonly path: Path }[] = []
  const targets = new Map<string | undefined, string[]>()
  const definitions = isObject(schema) && isObject(schema.$defs) ? schema.$defs : {}

  check(schema, [])
  for (const { from, to, path } of references) {
    if (from !== undefined && leads(to, from))
      refuse(path, 'leads back to itself', 'Write the levels out: a schema may not hold itself.')
  }
  return problems.slice(0, maxProblems)

  function check(here: unknown, path: Path): void {
    if (typeof here === 'boolean') return
    if (!isObject(here)) return void refuse(path, 'is no schema', 'Write an object of keywords, true or false.')
    for (const [name, value] of Object.entries(here)) checkKeyword(here, name, value, [...path, name])
  }

  function checkKeyword(here: Readonly<Record<string, unknown>>, name: string, value: unknown, at: Path): void {
    const holder = Object.hasOwn(holders, name) ? holders[name] : undefined
    const form = Object.hasOwn(plain, name)
      ? plain[name]
      : Object.hasOwn(annotations, name)
        ? annotations[name]
        : undefined
    const isInside = at.length > 1
    if (!holder && !form) return void refuse(at, 'is not a keyword that is checked', remedyFor(name))
    if (form && !form.holds(value))
      return void refuse(at, `must ${form.must}`, 'Mend the value, or remove the keyword.')
    if (name === '$defs' && isInside)
      return void refuse(at, 'stands within the schema', 'Put it at the top of the schema.')
    if (name === '$id' && isInside) return void refuse(at, 'names a schema within the schema', 'Remove it.')
    if (name === '$ref') checkReference(String(value), at)
    const companion = Object.hasOwn(companions, name) ? companions[name] : undefined
    if (companion && !Object.hasOwn(here, companion))
      refuse(at, `says nothing without \`${companion}\``, `Add \`${companion}\`, or remove it.`)
    if (name === 'uniqueItems' && value === true && !(Number(here.maxItems) <= maxUniqueItems))
      refuse(at, 'compares every item with every other', `Set \`maxItems\` beside it, to ${maxUniqueItems} at most.`)
    if (holder) checkHeld(holder, value, at)
  }

  function checkHeld(holder: 'one' | 'list' | 'map', value: unknown, at: Path): void {
    if (holder === 'one') return void check(value, at)
    if (holder === 'list') {
      if (!Array.isArray(value) || value.length === 0)
        return void refuse(at, 'must be a list of schemas', 'List one at least.')
      for (const [index, item] of value.entries()) check(item, [...at, index])
      return
    }
    if (!isObject(value)) return void refuse(at, 'must be an object of schemas', 'Write `{<name>: <schema>}`.')
    for (const [name, item] of Object.entries(value)) {
      const isFit = at.at(-1) === '$defs' ? /^[\w.-]+$/.test(name) : name.isWellFormed()
      if (!isFit)
        refuse([...at, name], 'is not a name that can be referred to', 'Write it in letters, digits, `_`, `.`, `-`.')
      check(item, [...at, name])
    }
  }

  function checkReference(to: string, path: Path): void {
    const name = /^#\/\$defs\/([\w.-]+)$/.exec(to)?.[1]
    if (name === undefined)
      return void refuse(
        path,
        'does not refer to `#/$defs/<name>`',
        'Put what it means into `$defs`: nothing is fetched.',
      )
    if (!Object.hasOwn(definitions, name))
      return void refuse(
        path,
        `\`${name}\` is not in \`$defs\``,
        didYouMean(name, Object.keys(definitions)) ?? 'Add it there.',
      )
    const from = path[0] === '$defs' ? String(path[1]) : undefined
    references.push({ from, to: name, path })
    targets.set(from, [...(targets.get(from) ?? []), name])
  }

  function leads(from: string, to: string): boolean {
    const reached = new Set([from])
    for (const here of reached) for (const next of targets.get(here) ?? []) reached.add(next)
    return reached.has(to)
  }

  function refuse(path: Path, reason: string, remedy: string): void {
    problems.push({ path, reason, remedy })
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Why a schema should not even be looked through; one that holds itself, as YAML's aliases can make it, is too deep. */
function unfitness(value: unknown, depth: number, left: { characters: number }): string | undefined {
  if (depth > maxDepth) return `is more than ${maxDepth} levels deep`
  if (!isJson(value)) return 'holds a value that JSON has not'
  left.characters -= isObject(value) || Array.isArray(value) ? 2 : bytesOf(value)
  for (const [key, member] of isObject(value) || Array.isArray(value) ? Object.entries(value) : []) {
    left.characters -= Array.isArray(value) ? 1 : bytesOf(key) + 2
    const unfit = left.characters < 0 ? undefined : unfitness(member, depth + 1, left)
    if (unfit) return unfit
    if (left.characters < 0) break
  }
  return left.characters < 0 ? `is larger than ${maxSchemaBytes} bytes` : undefined
}

function isJson(value: unknown): boolean {
  return ['string', 'boolean', 'object'].includes(typeof value) || Number.isFinite(value)
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value) ?? '').length
}

function isListOf(value: unknown, isOne: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isOne)
}

function remedyFor(name: string): string {
  if (Object.hasOwn(refused, name)) return refused[name] ?? ''
  const known = [...Object.keys(plain), ...Object.keys(holders)]
  return didYouMean(name, known) ?? 'Remove it: a schema must not look stricter than it is.'
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known)
  return near === undefined ? undefined : `Did you mean \`${near}\`?`
}
