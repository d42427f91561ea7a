import type { Path } from '#core/json-schema/guards.ts'
import { isObject } from '#core/json-schema/keywords.ts'

type Components = Readonly<Record<string, unknown>>

/** Where OpenAPI keeps schemas that others refer to. */
const componentPrefix = '#/components/schemas/'

/** Words of OpenAPI's dialect that tell a reader something and judge nothing. */
const tellOnly = new Set(['example', 'xml', 'externalDocs', 'discriminator'])

/** Formats of OpenAPI's own (§4.6): one bounds a number, the others describe how a program holds it. */
const numberFormats: Readonly<Record<string, object | undefined>> = {
  int32: { minimum: -2_147_483_648, maximum: 2_147_483_647 },
  int64: {},
  float: {},
  double: {},
  password: {},
  byte: {},
  binary: {},
}

/**
 * A schema of an OpenAPI document as one that stands alone: what it refers to comes with it in `$defs`, and
 * OpenAPI's own words are put in those of JSON Schema. What neither knows is left in, so that it is refused.
 */
export function standalone(schema: unknown, components: Components): object | boolean {
  const names: string[] = []
  const root = rewritten(schema, components, names)
  if (typeof root === 'boolean') return root
  const definitions: Record<string, unknown> = {}
  for (const name of names)
    if (!Object.hasOwn(definitions, name)) definitions[name] = rewritten(components[name], components, names)
  if (names.length === 0) return root as object
  return { ...(root as object), $defs: definitions }
}

/** The name of the component that a schema only points to. */
export function componentOf(schema: unknown): string | undefined {
  const to = isObject(schema) ? schema.$ref : undefined
  return typeof to === 'string' && to.startsWith(componentPrefix) ? to.slice(componentPrefix.length) : undefined
}

/** Where in the document a problem of a schema that stands alone is found. */
export function placeOf(path: Path, at: Path): Path {
  return path[0] === '$defs' ? ['components', 'schemas', ...path.slice(1)] : [...at, ...path]
}

/** @param names gets the names of the components that are referred to */
function rewritten(value: unknown, components: Components, names: string[]): unknown {
  if (Array.isArray(value)) return value.map(item => rewritten(item, components, names))
  if (!isObject(value)) return value
  const copy: Record<string, unknown> = {}
  const bounds: object[] = []
  for (const [key, member] of Object.entries(value)) {
    if (tellOnly.has(key)) continue
    const component = key === '$ref' ? componentOf(value) : undefined
    if (component !== undefined && Object.hasOwn(components, component)) {
      names.push(component)
      copy.$ref = `#/$defs/${component}`
    } else if (key === 'format' && typeof member === 'string' && Object.hasOwn(numberFormats, member)) {
      bounds.push(numberFormats[member] ?? {})
    } else if (key === 'properties' && isObject(member)) {
      copy.properties = Object.fromEntries(
        Object.entries(member).map(([name, sub]) => [name, rewritten(sub, components, names)]),
      )
    } else if (['enum', 'const', 'default', 'examples', 'required'].includes(key)) copy[key] = member
    else copy[key] = rewritten(member, components, names)
  }
  const allOf = [...(Array.isArray(copy.allOf) ? copy.allOf : []), ...bounds.filter(bound => Object.keys(bound).length)]
  return allOf.length > 0 ? { ...copy, allOf } : copy
}
