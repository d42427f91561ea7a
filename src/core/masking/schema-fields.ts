import { type Action, actions } from './action.ts'

/** Subschemas looked at, counted as often as references lead to them. */
const maxVisits = 10_000

/** Keywords of JSON Schema 2020-12 by how what they hold applies. */
const inPlace = ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else'] as const
const toEach = [
  'items',
  'prefixItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
] as const

/**
 * The fields that a JSON Schema tags with `x-pii`: `true` for the rule's own action, or the name of an action.
 * A tag at the root, whose pointer is empty, holds for all values. Local `$ref`s are followed; of a schema that holds itself, the tagged names count at any depth.
 *
 * @returns pairs of pointer and action
 * @throws RangeError for a schema whose references lead to more than 10,000 subschemas: what it tags would be missed
 */
export function piiFields(schema: unknown, action: Action): (readonly [pointer: string, action: Action])[] {
  const found = new Map<string, Action>()
  const open = new Set<unknown>()
  let visits = 0
  visit(schema, '', true)
  return [...found]

  function visit(node: unknown, pointer: string, followsReferences: boolean): void {
    if (!isObject(node) || open.has(node)) return
    if (++visits > maxVisits) throw new RangeError(`the schema refers to more than ${maxVisits} subschemas`)
    open.add(node)
    const tag = node['x-pii']
    const tagged = tag === true ? action : actions.find(name => name === tag)
    if (tagged && !found.has(pointer)) found.set(pointer, tagged)

    if (typeof node.$ref === 'string' && followsReferences) {
      const target = resolved(schema, node.$ref)
      if (!open.has(target)) visit(target, pointer, true)
      else recur(target, pointer)
    }
    for (const [part, below] of partsOf(node)) visit(part, pointer + below, followsReferences)
    open.delete(node)
  }

  /** Below a schema within itself its tags may come at any depth; its own references lead to what is known by then. */
  function recur(target: unknown, pointer: string): void {
    const around = [...open]
    open.clear()
    visit(target, `${pointer}/**`, false)
    for (const node of around) open.add(node)
  }
}

/** A value of a request outside its body, as its contract describes it. */
export interface TaggedParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly action: Action
}

/** The parameters whose schemas are tagged, or parts of which are: of a list every item counts. */
export function piiParameters(
  parameters: readonly (Pick<TaggedParameter, 'name' | 'in'> & { readonly schema: object | undefined })[],
  action: Action,
): TaggedParameter[] {
  return parameters.flatMap(({ name, in: place, schema }) => {
    const [first] = schema ? piiFields(schema, action) : []
    return first ? [{ name: place === 'header' ? name.toLowerCase() : name, in: place, action: first[1] }] : []
  })
}

/** The schemas within a schema, and where below its place each applies. */
function* partsOf(node: Record<string, unknown>): Generator<readonly [part: unknown, below: string]> {
  for (const keyword of inPlace) for (const part of several(node[keyword])) yield [part, '']
  for (const keyword of toEach) for (const part of several(node[keyword])) yield [part, '/*']
  for (const [name, part] of entriesOf(node.properties)) yield [part, `/${escaped(name)}`]
  for (const [, part] of entriesOf(node.patternProperties)) yield [part, '/*']
  for (const [, part] of entriesOf(node.dependentSchemas)) yield [part, '']
}

const entriesOf = (value: unknown) => (isObject(value) ? Object.entries(value) : [])

function resolved(root: unknown, reference: string): unknown {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return undefined
  let here: unknown = root
  for (const segment of decodeURIComponent(reference.slice(2)).split('/')) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    here = isObject(here) || Array.isArray(here) ? (here as Record<string, unknown>)[name] : undefined
  }
  return here
}

/** A name as a segment of a JSON pointer (RFC 6901). */
export const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

const several = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
