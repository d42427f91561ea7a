import type { JsonSchema, SchemaProblem } from './guards.ts'
import { isObject } from './keywords.ts'
import { patternSteps } from './patterns.ts'

const maxSubschemas = 2_000
const maxWrittenDepth = 32

/** What a schema comes to with its references written out. Steps are of some 100 ns, measured on the library's worst. */
export interface Cost {
  readonly subschemas: number
  readonly depth: number
  /** Steps for the value that the schema is applied to. */
  readonly here: number
  /** Steps for any one value below that one, at most. */
  readonly below: number
}

type Members = Readonly<Record<string, unknown>>
const nothing: Cost = { subschemas: 0, depth: 0, here: 0, below: 0 }

/** The cost of a schema whose form is right: no circles, every reference known. */
export function costOf(root: JsonSchema): Cost {
  const known = new Map<unknown, Cost>()
  const definitions = memberOf(root, '$defs')
  return cost(root, 1)

  function cost(schema: unknown, level: number): Cost {
    if (level > maxWrittenDepth) return { ...nothing, depth: Number.POSITIVE_INFINITY }
    if (!isObject(schema)) return { subschemas: 1, depth: 1, here: 10, below: 0 }
    const counted = known.get(schema) ?? counting(schema, level)
    known.set(schema, counted)
    return counted
  }

  /**
   * Every bound adds up what may meet one value: all schemas for the same place, but only one of `properties`.
   * Those that the library applies on after a failure count more: it keeps a message for each.
   */
  function counting(schema: Members, level: number): Cost {
    const all = (schemas: readonly unknown[]) => schemas.map(sub => cost(sub, level + 1))
    const { $ref, not, if: condition, then: consequence, else: alternative, items, contains, propertyNames } = schema
    const referred = typeof $ref === 'string' ? [definitions[$ref.slice('#/$defs/'.length)]] : []
    const same = all([
      ...referred,
      ...[not, condition, consequence, alternative].filter(sub => sub !== undefined),
      ...['allOf', 'anyOf', 'oneOf'].flatMap(name => listOf(schema[name])),
      ...Object.values(memberOf(schema, 'dependentSchemas')),
    ])
    const named = all(Object.values(memberOf(schema, 'properties')))
    const others = all(schema.additionalProperties === undefined ? [] : [schema.additionalProperties])
    const keys = all(propertyNames === undefined ? [] : [propertyNames])
    const first = all(listOf(schema.prefixItems))
    const rest = all(items === undefined ? [] : [items])
    const contained = all(contains === undefined ? [] : [contains])
    const parts = [same, named, others, keys, first, rest, contained].flat()

    const onMember =
      Math.max(...named.map(worst), ...others.map(part => 2 * worst(part)), 0) + sum(keys.map(key => 20 + worst(key)))
    const onItem = Math.max(...[...first, ...rest].map(worst), 0) + sum(contained.map(part => 20 + 3 * worst(part)))
    const compared = schema.uniqueItems === true ? 50 + Number(schema.maxItems) : 0
    const own = ownSteps(schema)
    return {
      subschemas: 1 + sum(parts.map(part => part.subschemas)),
      depth: 1 + Math.max(...parts.map(part => part.depth), 0),
      here: 10 + own + compared + sum(same.map(part => part.here)),
      below:
        10 + own / 2 + writtenSteps(schema) + compared + sum(same.map(part => part.below)) + Math.max(onMember, onItem),
    }
  }
}

/** The most steps that any one value takes. */
export function worst({ here, below }: Cost): number {
  return Math.max(here, below)
}

/** Whether a schema, small as it looks, comes to too much. */
export function costProblems({ subschemas, depth }: Cost): readonly SchemaProblem[] {
  const remedy = 'Check less of the payload.'
  if (subschemas > maxSubschemas)
    return [{ path: [], reason: `comes to more than ${maxSubschemas} subschemas, references written out`, remedy }]
  if (depth > maxWrittenDepth)
    return [
      {
        path: [],
        reason: `comes to more than ${maxWrittenDepth} schemas within one another, references written out`,
        remedy,
      },
    ]
  return []
}

/** Steps of the keywords themselves. */
function ownSteps(schema: Members): number {
  const needs = Object.values(memberOf(schema, 'dependentRequired')).flatMap(listOf).length
  return (
    2 * Object.keys(schema).length +
    2 *
      ['properties', 'dependentSchemas', 'dependentRequired'].flatMap(name => Object.keys(memberOf(schema, name)))
        .length +
    4 * (listOf(schema.required).length + needs) +
    writtenSteps(schema) +
    (schema.multipleOf === undefined ? 0 : 40) +
    (schema.format === undefined ? 0 : 15) +
    patternSteps(schema.pattern)
  )
}

/** On a failure the library writes the whole `enum` or `const` into its message; before, it lists a value's members for each. */
function writtenSteps(schema: Members): number {
  const written = [schema.enum, schema.const].filter(value => value !== undefined)
  return sum(written.map(value => JSON.stringify(value).length)) / 8
}

function memberOf(schema: unknown, name: string): Members {
  const member = isObject(schema) ? schema[name] : undefined
  return isObject(member) ? member : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
