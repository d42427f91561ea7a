import * as z from 'zod'

/** The parts of an OpenAPI 3.1 document that are judged by; the others are for readers, and left alone. */
const Reference = z.object({ $ref: z.string() })
const Schema = z.union([z.boolean(), z.record(z.string(), z.unknown())])

const Media = z.looseObject({ schema: Schema.optional() })
const Content = z.record(z.string(), Media)

const Parameter = z.looseObject({
  name: z.string().min(1).max(128),
  in: z.enum(['path', 'query', 'header', 'cookie']),
  required: z.boolean().default(false),
  schema: Schema.optional(),
  content: z.unknown().optional(),
  style: z.string().optional(),
  explode: z.boolean().optional(),
})
export type Parameter = z.infer<typeof Parameter>

const RequestBody = z.looseObject({ required: z.boolean().default(false), content: Content })
const Answer = z.looseObject({ content: Content.default({}) })

const OperationObject = z.looseObject({
  parameters: z.array(z.union([Reference, Parameter])).default([]),
  requestBody: z.union([Reference, RequestBody]).optional(),
  responses: z
    .record(
      z
        .string()
        .regex(/^(?:[1-5](?:\d\d|XX)|default)$/, { error: 'must be a status, a range such as 2XX, or default' }),
      z.union([Reference, Answer]),
    )
    .default({}),
})
export type OperationObject = z.infer<typeof OperationObject>

export const operationMethods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const

const PathItem = z
  .looseObject({
    parameters: z.array(z.union([Reference, Parameter])).default([]),
    ...Object.fromEntries(operationMethods.map(method => [method, OperationObject.optional()])),
  })
  .refine(item => !('$ref' in item), { error: 'refers to a path elsewhere: write it out, nothing is fetched' })

/** An OpenAPI 3.1 document, as far as its form goes. */
export const OpenApiDocument = z.looseObject({
  openapi: z.string().regex(/^3\.1\.\d{1,3}$/, { error: 'must be a version 3.1' }),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z
    .record(z.string().regex(/^\//, { error: 'must begin with a slash' }), PathItem)
    .refine(paths => Object.keys(paths).length <= 500, { error: 'more than 500 paths' }),
  components: z
    .looseObject({
      schemas: z.record(z.string().regex(/^[\w.-]+$/), Schema).default({}),
      parameters: z.record(z.string(), Parameter).default({}),
      requestBodies: z.record(z.string(), RequestBody).default({}),
      responses: z.record(z.string(), Answer).default({}),
    })
    .prefault({}),
})
export type OpenApiDocument = z.infer<typeof OpenApiDocument>

type Kind = 'parameters' | 'requestBodies' | 'responses'

/** What a part of the document is, where it may be a reference into `components`; `undefined` when that leads nowhere. */
export function resolved<Part extends object>(
  part: Part | { readonly $ref: string },
  kind: Kind,
  { components }: OpenApiDocument,
): Part | undefined {
  if (!('$ref' in part)) return part
  const prefix = `#/components/${kind}/`
  const name = part.$ref.startsWith(prefix) ? part.$ref.slice(prefix.length) : ''
  const held = components[kind] as Readonly<Record<string, unknown>>
  return Object.hasOwn(held, name) ? (held[name] as Part) : undefined
}
