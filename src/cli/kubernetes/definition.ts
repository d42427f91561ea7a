import * as z from 'zod'
import { Manifest } from '#core/manifest/schema.ts'
import { plural, version } from './policy.ts'

type Schema = Readonly<Record<string, unknown>>

/** Whatever is not one plain type is kept as it is, and judged by the gateway alone. */
const anything = { 'x-kubernetes-preserve-unknown-fields': true }

/**
 * Manifests as a CustomResourceDefinition, with the defaults that rules count on. Its schema is structural: of what
 * the manifest's own schema says it keeps types, members, lists, bounds and choices.
 *
 * @param group the API group, a domain of the operator's
 */
export function definition(group: string): object {
  const { properties = {} } = z.toJSONSchema(Manifest, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Readonly<Record<string, Schema>>
  }
  const text = { type: 'string' }
  const openAPIV3Schema = {
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: text,
      kind: text,
      metadata: { type: 'object' },
      spec: structural(properties.spec ?? {}),
    },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: 'microapp', kind: 'MicroApp' },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  }
}

/** A JSON Schema as Kubernetes takes one. */
export function structural(schema: Schema): Schema {
  const { type, default: preset } = schema
  const made = typeof type === 'string' && plain[type] ? { type, ...plain[type](schema) } : anything
  return { ...made, ...(preset !== undefined && { default: preset }) }
}

const plain: Readonly<Record<string, (schema: Schema) => Schema>> = {
  boolean: () => ({}),
  string: ({ enum: choices, const: only, minLength, maxLength }) =>
    kept({ enum: choices ?? (only === undefined ? undefined : [only]), minLength, maxLength }),
  integer: bounds,
  number: bounds,
  array: ({ items, minItems, maxItems }) => kept({ items: structural((items ?? {}) as Schema), minItems, maxItems }),
  object: ({ properties, required, additionalProperties }) => {
    const members = Object.entries((properties ?? {}) as Record<string, Schema>)
    if (members.length > 0)
      return kept({
        properties: Object.fromEntries(members.map(([name, member]) => [name, structural(member)])),
        required,
      })
    const isOpen = typeof additionalProperties !== 'object' || Object.keys(additionalProperties as Schema).length === 0
    return isOpen ? anything : { additionalProperties: structural(additionalProperties as Schema) }
  },
}

/** In OpenAPI 3.0 an exclusive bound is a bound, and a word that it is exclusive. */
function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): Schema {
  return kept({
    minimum: minimum ?? exclusiveMinimum,
    maximum: maximum ?? exclusiveMaximum,
    exclusiveMinimum: exclusiveMinimum === undefined ? undefined : true,
    exclusiveMaximum: exclusiveMaximum === undefined ? undefined : true,
  })
}

function kept(members: Schema): Schema {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
