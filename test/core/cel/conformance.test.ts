import { tests } from '@bufbuild/cel-spec/testdata/conformance.js'
import { expect, it } from 'vitest'
import { compile } from '#core/cel/engine.ts'

/** The suites of the specification that need no extension, no protobuf message and no type checker. */
const suites = [
  'basic',
  'comparisons',
  'conversions',
  'fields',
  'fp_math',
  'integer_math',
  'lists',
  'logic',
  'macros',
  'parse',
  'plumbing',
  'string',
  'timestamps',
]

/** What the library gets wrong: a map may not have one key twice, also not as int and uint. */
const missed = ['fields/qualified_identifier_resolution/map_value_repeat_key_heterogeneous']

/** Why we refuse what the specification allows: messages, names of none, type names in the place of values. */
const reasons =
  /^makes a message|^`[\w.]+` is not known here$|^there is no function|^nests brackets|^the pattern of|^is not a CEL/

type Value = Readonly<Record<string, unknown>>
interface Case {
  readonly name: string
  readonly expr: string
  readonly value?: Value
  readonly bindings?: Readonly<Record<string, { readonly value?: Value }>>
  readonly evalError?: unknown
  readonly anyEvalErrors?: unknown
  readonly disableMacros?: boolean
  readonly container?: string
}
interface Suite {
  readonly name: string
  readonly suites?: readonly Suite[]
  readonly tests?: readonly { readonly original: unknown }[]
}

/** What no JSON document can hold: bytes, times, numbers that are none. */
const notJson = Symbol('no JSON')

function jsonOf(value: Value = {}): unknown {
  if ('int64Value' in value || 'uint64Value' in value) {
    const number = Number(value.int64Value ?? value.uint64Value)
    return Number.isSafeInteger(number) ? number : notJson
  }
  if ('doubleValue' in value) return typeof value.doubleValue === 'number' ? value.doubleValue : notJson
  if ('stringValue' in value) return value.stringValue
  if ('boolValue' in value) return value.boolValue
  if ('nullValue' in value) return null
  if ('listValue' in value) {
    const items = ((value.listValue as { values?: Value[] }).values ?? []).map(jsonOf)
    return items.includes(notJson) ? notJson : items
  }
  if (!('mapValue' in value)) return notJson
  const { entries = [] } = value.mapValue as { entries?: { key: Value; value: Value }[] }
  const pairs = entries.map(({ key, value: member }) => [key.stringValue ?? notJson, jsonOf(member)] as const)
  return pairs.some(pair => pair.includes(notJson)) ? notJson : Object.fromEntries(pairs)
}

function casesOf({ suites: inner = [], tests: own = [] }: Suite, path: string): { id: string; one: Case }[] {
  return [
    ...own.map(({ original }) => ({ id: `${path}/${(original as Case).name}`, one: original as Case })),
    ...inner.flatMap(suite => casesOf(suite, `${path}/${suite.name}`)),
  ]
}

/** What becomes of one case: it is asked whether its expression equals what the specification says. */
function outcome({ expr, value, bindings = {}, evalError, anyEvalErrors, disableMacros, container }: Case) {
  if (disableMacros || container) return 'elsewhere'
  const isError = evalError !== undefined || anyEvalErrors !== undefined
  const given = Object.entries(bindings).map(([name, binding]) => [name, jsonOf(binding.value)] as const)
  const expected = isError ? null : value === undefined ? true : jsonOf(value)
  if (expected === notJson || given.some(([, json]) => json === notJson)) return 'elsewhere'
  const compiled = compile(`(${expr}) == expected`, [...given.map(([name]) => name), 'expected'])
  if (compiled.kind === 'refused')
    return compiled.problems.every(({ reason }) => reasons.test(reason)) ? 'refused' : 'wrong'
  const read = Object.fromEntries([...given, ['expected', expected] as const].map(([name, json]) => [name, () => json]))
  const answer = compiled.program.evaluate(read)
  if (isError) return answer.kind === 'error' ? 'right' : 'wrong'
  return answer.kind === 'answer' && answer.holds ? 'right' : 'wrong'
}

it('evaluates what the official conformance data of CEL says, in every case that JSON can express', () => {
  const all = (tests as unknown as Suite).suites?.filter(({ name }) => suites.includes(name)) ?? []
  expect(all.map(({ name }) => name)).toEqual(suites)
  const outcomes = all.flatMap(suite => casesOf(suite, suite.name)).map(({ id, one }) => ({ id, is: outcome(one) }))
  const those = (is: string) => outcomes.filter(one => one.is === is).map(({ id }) => id)
  expect(those('wrong')).toEqual(missed)
  expect(those('right').length).toBeGreaterThan(750)
  expect(those('refused').length).toBeLessThan(80)
})
