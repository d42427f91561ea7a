/** What a value may look like: the part of JSON Schema that zod writes. */
export interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly additionalProperties?: Shape | boolean
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly maxItems?: number
  readonly maxLength?: number
}

/** What may hold any field. */
export const anything: Shape = {}
export const text: Shape = { type: 'string' }

/** How many items or members are reckoned with where no schema bounds them. */
const unboundedItems = 100
/** How long a text is reckoned to be, unless it can only be shorter: few are as long as they may be. */
const usualLength = 64

/** The shape of values that are known. */
export function shapeOf(value: unknown): Shape {
  if (Array.isArray(value)) return { type: 'array', items: oneOf(value.map(shapeOf)), maxItems: value.length }
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? text : { type: typeof value }
  const properties = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]))
  return { type: 'object', properties, additionalProperties: false }
}

/** The shape of a member; `undefined` when there can be none of that name. */
export function fieldOf(shape: Shape, name: string): Shape | undefined {
  const found = alternatives(shape).flatMap((one): Shape[] => {
    const field = one.properties && Object.hasOwn(one.properties, name) ? one.properties[name] : undefined
    if (field) return [field]
    if (typeof one.additionalProperties === 'object') return [one.additionalProperties]
    return one.type === undefined || one.additionalProperties === true ? [anything] : []
  })
  return found.length > 0 ? oneOf(found) : undefined
}

export function fieldNames(shape: Shape): string[] {
  return alternatives(shape).flatMap(({ properties }) => Object.keys(properties ?? {}))
}

/** The shape of a member or item whose name or place is computed. */
export function memberOf(shape: Shape): Shape {
  const values = alternatives(shape).flatMap(({ items, additionalProperties, properties }) => [
    ...(items ? [items] : []),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...Object.values(properties ?? {}),
  ])
  return oneOf(values)
}

/** What a loop takes, one after another: a list's items, or an object's names. */
export function turnOf(range: Shape): Shape {
  return oneOf(alternatives(range).flatMap(({ type, items }) => items ?? (type === 'object' ? text : [])))
}

/** How often a loop over it turns, at most. */
export function turnsOf(range: Shape): number {
  const turns = alternatives(range).map(({ maxItems, properties, additionalProperties }) => {
    const isClosed = properties && additionalProperties === false
    return maxItems ?? (isClosed ? Object.keys(properties).length : unboundedItems)
  })
  return Math.max(0, ...turns)
}

/** How long a text is reckoned to be. */
export function lengthOf(shape: Shape): number {
  return Math.max(0, ...alternatives(shape).map(({ maxLength = usualLength }) => Math.min(maxLength, usualLength)))
}

/** How many values have to be looked at to compare it with another, at most. */
export function sizeOf(shape: Shape, depth = 0): number {
  if (depth > 8) return unboundedItems
  const sizes = alternatives(shape).map(one => {
    if (one.type === 'string') return 1 + (lengthOf(one) >> 6)
    if (one.type === undefined) return unboundedItems
    if (one.type === 'array') return 1 + turnsOf(one) * sizeOf(one.items ?? anything, depth + 1)
    const members = Object.values(one.properties ?? {}).reduce((sum, member) => sum + sizeOf(member, depth + 1), 0)
    const others = typeof one.additionalProperties === 'object' ? sizeOf(one.additionalProperties, depth + 1) : 0
    return 1 + members + others * unboundedItems
  })
  return Math.max(1, ...sizes)
}

function alternatives(shape: Shape): readonly Shape[] {
  const inner = shape.anyOf ?? shape.oneOf
  return inner ? inner.flatMap(alternatives) : [shape]
}

function oneOf(shapes: readonly Shape[]): Shape {
  return shapes.length === 0 ? anything : shapes.length === 1 ? (shapes[0] ?? anything) : { anyOf: shapes }
}
