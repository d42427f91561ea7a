import * as z from 'zod'
import { AppName, SecretName, SourceName } from '#core/names.ts'
import { Bytes, type Call, type CallRow, Nothing, Why } from './call.ts'

type Schemas = Record<string, unknown>

/** A revision, by SHA-256 of its canonical manifest. */
export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, { error: 'must be a digest such as sha256:… with 64 hex digits' })

/** The parameters that stand in paths. */
const pathParameters: Readonly<Record<string, z.ZodType>> = {
  app: AppName,
  source: SourceName,
  name: SecretName,
  digest: Digest,
}

/** One thing wrong with an input. */
export const Problem = z
  .object({
    file: z.string().optional(),
    line: z.int().optional(),
    path: z.string(),
    reason: z.string(),
    remedy: z.string(),
    rule: z.string().optional(),
    layer: z.string().optional(),
  })
  .meta({ id: 'Problem' })

/** A refusal as `reply.ts` writes it (RFC 9457). */
const Refusal = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    policy: z.string().optional(),
    requestId: z.string(),
    remediation: z.string(),
    faults: z.array(Problem).optional(),
  })
  .meta({ id: 'Fault' })

/** The admin API as an OpenAPI 3.1 document, made of the rows by which the door judges every call. */
export function documentOf(calls: readonly Call[]) {
  const schemas: Schemas = {}
  const schema = (of: z.ZodType, io: 'input' | 'output') => hoisted(of, io, schemas)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { row } of calls) {
    paths[row.path] = { ...paths[row.path], [row.method]: operation(row, schema) }
  }
  const fault = { 'application/problem+json': { schema: schema(Refusal, 'output') } }
  return {
    openapi: '3.1.0',
    info: { title: 'The admin API of Gatehouse', version: '1' },
    servers: [{ url: '/admin/v1' }],
    paths,
    components: {
      securitySchemes: { operator: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      responses: { fault: { description: 'A fault; see /faults/{code}', content: fault } },
      schemas,
    },
  }
}

type SchemaOf = (of: z.ZodType, io: 'input' | 'output') => unknown

function operation({ method, path, role, does, query, body, text, reason, answers }: CallRow, schema: SchemaOf) {
  const types = body ? { 'application/json': body } : text?.types
  return {
    operationId: `${method} ${path}`.replaceAll(/\W+(\w?)/g, (_, letter: string) => letter.toUpperCase()),
    summary: does,
    security: [{ operator: role === 'none' ? [] : [role] }],
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) =>
        parameter(name, 'path', schema(pathParameters[name] ?? z.string(), 'input'), true),
      ),
      ...inQuery(query, schema),
      ...(reason ? [parameter('gatehouse-reason', 'header', schema(Why, 'input'), false)] : []),
      ...(reason ? [parameter('reason', 'query', schema(Why, 'input'), false)] : []),
    ],
    ...(types && { requestBody: { required: true, content: contentOf(types, schema, 'input') } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answered(answer, schema)])),
      default: { $ref: '#/components/responses/fault' },
    },
  }
}

function answered(answer: z.ZodType, schema: SchemaOf) {
  if (answer === Nothing) return { description: 'done' }
  if (answer === Bytes) return { description: 'the bytes', content: { 'application/octet-stream': {} } }
  return { description: 'done', content: contentOf({ 'application/json': answer }, schema, 'output') }
}

function contentOf(types: Readonly<Record<string, z.ZodType>>, schema: SchemaOf, io: 'input' | 'output') {
  return Object.fromEntries(Object.entries(types).map(([type, of]) => [type, { schema: schema(of, io) }]))
}

function inQuery(query: z.ZodType | undefined, schema: SchemaOf) {
  if (!query) return []
  const { properties = {}, required = [] } = schema(query, 'input') as { properties?: Schemas; required?: string[] }
  return Object.entries(properties).map(([name, of]) => parameter(name, 'query', of, required.includes(name)))
}

function parameter(name: string, place: string, schema: unknown, required: boolean) {
  return { name, in: place, required, schema }
}

/** A schema whose named parts stand among the document's own. */
function hoisted(of: z.ZodType, io: 'input' | 'output', schemas: Schemas): unknown {
  const whole = z.toJSONSchema(z.object({ it: of }), { io, unrepresentable: 'any' })
  const { properties, $defs } = JSON.parse(JSON.stringify(whole).replaceAll('#/$defs/', '#/components/schemas/'))
  Object.assign(schemas, $defs)
  return properties.it
}
