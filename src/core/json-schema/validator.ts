import { Validator as Library, type OutputUnit, type Schema } from '@cfworker/json-schema'
import { onceFor } from '#core/once.ts'
import { costOf, costProblems, worst } from './cost.ts'
import { formProblems, type JsonSchema, type SchemaProblem } from './guards.ts'
import { annotations, holders, isObject } from './keywords.ts'
import { formatOf, isOfPattern } from './patterns.ts'

/** A larger body is not judged: it does not fit. */
export const maxBodyBytes = 1_048_576
/** What judging one document may take, in the steps of `cost.ts`: less than a second. */
const maxSteps = 8_000_000
const maxFailures = 10
/** A pointer longer than this is cut: the names in it come from the document. */
const maxPointerCharacters = 128
/** Stands for a document that was not judged, and so does not fit. */
const unjudged = ['(document) (work)']

/** Errors of the library that only say that something lies below; what lies below follows. */
const wrappers = new Set(
  '$ref allOf if properties additionalProperties propertyNames dependentSchemas prefixItems items'.split(' '),
)
/** Errors that are told for the whole: which branch was meant, nobody knows. */
const wholes = new Set(['anyOf', 'oneOf', 'not', 'contains'])

/** `failures`: JSON pointers with the keyword that failed there, at most 10, none when the document fits; never a value. */
export interface Validator {
  failures(document: unknown): readonly string[]
}

export type Compiled =
  | { readonly kind: 'validator'; readonly validator: Validator }
  | { readonly kind: 'refused'; readonly problems: readonly SchemaProblem[] }

/** Keywords that the library gets in other words. */
const rewritten = new Set(['uniqueItems', 'pattern'])

/** Makes a validator of a JSON Schema of draft 2020-12, or finds everything in it that the guards refuse. */
export function compileSchema(schema: unknown): Compiled {
  const problems = formProblems(schema)
  if (problems.length > 0) return { kind: 'refused', problems }
  const cost = costOf(schema as JsonSchema)
  const tooMuch = costProblems(cost)
  if (tooMuch.length > 0) return { kind: 'refused', problems: tooMuch }
  const library = new Library(forLibrary(schema as JsonSchema) as Schema, '2020-12', true)
  const maxValues = maxSteps / worst(cost)
  return { kind: 'validator', validator: { failures: document => failuresOf(library, document, maxValues) } }
}

/**
 * The validator of a schema that the guards let through, made once for each schema object.
 *
 * @throws when they do not
 */
export const validatorOf = onceFor((schema: object): Validator => {
  const compiled = compileSchema(schema)
  if (compiled.kind === 'refused')
    throw new Error(`the schema is not valid: ${compiled.problems.map(({ reason }) => reason).join('; ')}`)
  return compiled.validator
})

function failuresOf(library: Library, document: unknown, maxValues: number): readonly string[] {
  if (isLarger(document, maxValues)) return unjudged
  try {
    const { valid, errors } = library.validate(document)
    return valid ? [] : told(errors)
  } catch (error) {
    // Items too deep to compare, or more errors than one call takes; a name that is no Unicode.
    if (error instanceof RangeError || error instanceof URIError) return unjudged
    throw error
  }
}

/** Whether a document has more than so many values, 32 characters of text, or 16 of a name, counted as one. */
function isLarger(document: unknown, maxValues: number): boolean {
  const waiting = [document]
  let values = 0
  while (waiting.length > 0) {
    const value = waiting.pop()
    values += typeof value === 'string' ? 1 + value.length / 32 : 1
    if (values + waiting.length > maxValues) return true
    if (Array.isArray(value)) for (const item of value) waiting.push(item)
    else if (isObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        values += name.length / 16
        waiting.push(member)
      }
    }
  }
  return values > maxValues
}

function told(errors: readonly OutputUnit[]): readonly string[] {
  const failures = new Set<string>()
  let whole: string | undefined
  for (const error of errors) {
    const { keyword, keywordLocation } = error
    if (failures.size >= maxFailures) break
    if (whole !== undefined && (keyword === 'false' || keywordLocation.startsWith(`${whole}/`))) continue
    whole = wholes.has(keyword) ? keywordLocation : undefined
    const told = keyword === 'format' && isOfPattern(error.error) ? 'pattern' : keyword
    if (!wrappers.has(keyword)) failures.add(`${pointerOf(error)} (${told})`)
  }
  return [...failures]
}

/** The library names a member that is missing only in its message, and escapes its pointers as in a URI. */
function pointerOf({ keyword, instanceLocation, error }: OutputUnit): string {
  const missing = /^(?:required|dependentRequired)$/.test(keyword) ? /"([^"]*)"\.$/.exec(error)?.[1] : undefined
  const token = missing === undefined ? '' : `/${missing.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const pointer = decodeURIComponent(instanceLocation.slice(1)) + token
  return pointer.length > maxPointerCharacters ? `${pointer.slice(0, maxPointerCharacters)}…` : pointer || '(document)'
}

/** The schema as the library gets it: a copy, since it writes into it, and without annotations, which it would follow. */
function forLibrary(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const entries = Object.entries(schema).filter(([name]) => !Object.hasOwn(annotations, name) && !rewritten.has(name))
  const copy: Record<string, unknown> = Object.fromEntries(entries.map(([name, value]) => [name, copied(name, value)]))
  const instead: unknown[] = []
  if (typeof schema.pattern === 'string') instead.push({ format: formatOf(schema.pattern) })
  if (schema.uniqueItems === true) {
    // The library compares all items even where there are more than `maxItems`.
    // biome-ignore lint/suspicious/noThenProperty: a keyword's name
    instead.push({ if: { maxItems: schema.maxItems }, then: { uniqueItems: true } })
  }
  if (instead.length === 0) return copy
  return { ...copy, allOf: [...(Array.isArray(copy.allOf) ? copy.allOf : []), ...instead] }
}

function copied(name: string, value: unknown): unknown {
  switch (Object.hasOwn(holders, name) ? holders[name] : undefined) {
    case 'one':
      return forLibrary(value as JsonSchema)
    case 'list':
      return (value as JsonSchema[]).map(forLibrary)
    case 'map':
      return Object.fromEntries(Object.entries(value as object).map(([key, sub]) => [key, forLibrary(sub)]))
    default:
      return value
  }
}
