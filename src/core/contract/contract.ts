import { RouteTable } from '#core/api/route-table.ts'
import type { Path, SchemaProblem } from '#core/json-schema/guards.ts'
import { isObject } from '#core/json-schema/keywords.ts'
import { compileSchema } from '#core/json-schema/validator.ts'
import { onceFor } from '#core/once.ts'
import { OpenApiDocument, type OperationObject, operationMethods, type Parameter, resolved } from './document.ts'
import { componentOf, placeOf, standalone } from './standalone.ts'

/** Schemas by media type; `undefined` where only the type is asked for. */
export type Contents = ReadonlyMap<string, object | undefined>

/** A value outside the body, and how it is written. */
export interface Field {
  readonly name: string
  readonly in: Parameter['in']
  readonly isRequired: boolean
  readonly schema: object | undefined
  /** JSON types that the text may stand for; of its items, where it is a list. */
  readonly types: readonly string[]
  readonly isList: boolean
}

/** What one operation of a contract takes and gives. */
export interface Operation {
  readonly path: string
  readonly methods: readonly string[]
  readonly fields: readonly Field[]
  readonly body: { readonly isRequired: boolean; readonly contents: Contents } | undefined
  /** By status, range such as `2XX`, or `default`. */
  readonly answers: ReadonlyMap<string, Contents>
}

export type Contract = RouteTable<Operation>

export type Compiled =
  | { readonly kind: 'contract'; readonly contract: Contract; readonly operations: readonly Operation[] }
  | { readonly kind: 'refused'; readonly problems: readonly SchemaProblem[] }

/**
 * Makes a contract of an OpenAPI 3.1 document, or finds everything in it that cannot be judged by. Schemas
 * follow the rules of payload schemas: a contract must not look stricter than it is.
 */
export function compileContract(document: unknown): Compiled {
  const parsed = OpenApiDocument.safeParse(document)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(issue => ({
      path: issue.path.map(part => (typeof part === 'number' ? part : String(part))),
      reason: issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message,
      remedy: 'Mend the document by the OpenAPI 3.1 specification.',
    }))
    return { kind: 'refused', problems }
  }
  const compiler = new Compiler(parsed.data)
  const operations = compiler.operations()
  if (compiler.problems.length > 0) return { kind: 'refused', problems: compiler.problems.slice(0, maxProblems) }
  return { kind: 'contract', contract: new RouteTable(operations), operations }
}

/**
 * The contract of a document that was accepted at publish, made once for each document object.
 *
 * @throws when it would not be accepted
 */
export const contractOf = onceFor((document: object): Contract => {
  const compiled = compileContract(document)
  if (compiled.kind === 'refused')
    throw new Error(`the contract is not valid: ${compiled.problems.map(({ reason }) => reason).join('; ')}`)
  return compiled.contract
})

const maxProblems = 50

/** How parameters are written where the document does not say; other ways are not read. */
const defaultStyles = { path: 'simple', query: 'form', header: 'simple', cookie: 'form' } as const
/** Headers that OpenAPI describes elsewhere, and tells readers to ignore here (§4.8.12.2). */
const describedElsewhere = ['accept', 'content-type', 'authorization']

class Compiler {
  readonly problems: SchemaProblem[] = []
  readonly #document: OpenApiDocument

  constructor(document: OpenApiDocument) {
    this.#document = document
  }

  operations(): Operation[] {
    return Object.entries(this.#document.paths).flatMap(([path, item]) =>
      operationMethods.flatMap(method => {
        const operation = item[method] as OperationObject | undefined
        if (!operation) return []
        const at = ['paths', path, method]
        const own = this.#fields(operation.parameters, at)
        const shared = this.#fields(item.parameters, ['paths', path]).filter(
          field => !own.some(({ name, in: where }) => name === field.name && where === field.in),
        )
        return [
          {
            path,
            methods: [method.toUpperCase()],
            fields: [...own, ...shared],
            body: this.#body(operation, at),
            answers: this.#answers(operation, at),
          },
        ]
      }),
    )
  }

  #fields(parameters: OperationObject['parameters'], at: Path): Field[] {
    return parameters.flatMap((written, index) => {
      const here = [...at, 'parameters', index]
      const parameter = resolved<Parameter>(written as Parameter, 'parameters', this.#document)
      if (!parameter)
        return this.#refuse(here, 'refers to no parameter of `components`', 'Add it there, or write it out.')
      const { name, in: where, required, schema, content, style, explode } = parameter
      if (where === 'header' && describedElsewhere.includes(name.toLowerCase())) return []
      if (content !== undefined)
        return this.#refuse(here, 'is described by `content`', 'Describe it by `schema`, or send it in the body.')
      if ((style ?? defaultStyles[where]) !== defaultStyles[where] || explode === false)
        return this.#refuse(here, 'is written in a style that is not read', 'Leave `style` and `explode` out.')
      const types = this.#typesOf(schema)
      if (types.includes('object'))
        return this.#refuse(here, 'is an object', 'Send it in the body: its spelling in a URL is not read.')
      const isList = types.includes('array')
      const items = isObject(schema) && isList ? this.#typesOf(schema.items) : []
      const judged = this.#schema(schema, [...here, 'schema'])
      return [
        {
          name,
          in: where,
          isRequired: required || where === 'path',
          schema: judged,
          types: isList ? items : types,
          isList,
        },
      ]
    })
  }

  #body({ requestBody }: OperationObject, at: Path): Operation['body'] {
    if (!requestBody) return undefined
    const body = resolved<{ required: boolean; content: Readonly<Record<string, { schema?: unknown }>> }>(
      requestBody as never,
      'requestBodies',
      this.#document,
    )
    const here = [...at, 'requestBody']
    if (!body) return void this.#refuse(here, 'refers to no body of `components`', 'Add it there, or write it out.')
    return { isRequired: body.required, contents: this.#contents(body.content, here) }
  }

  #answers({ responses }: OperationObject, at: Path): Operation['answers'] {
    return new Map(
      Object.entries(responses).flatMap(([status, written]): [string, Contents][] => {
        const here = [...at, 'responses', status]
        const answer = resolved<{ content: Readonly<Record<string, { schema?: unknown }>> }>(
          written as never,
          'responses',
          this.#document,
        )
        if (answer) return [[status, this.#contents(answer.content, here)]]
        return this.#refuse(here, 'refers to no response of `components`', 'Add it there, or write it out.')
      }),
    )
  }

  #contents(content: Readonly<Record<string, { readonly schema?: unknown }>>, at: Path): Contents {
    return new Map(
      Object.entries(content).map(([media, { schema }]) => {
        const type = media.toLowerCase().split(';')[0]?.trim() ?? ''
        return [type, isJson(type) ? this.#schema(schema, [...at, 'content', media, 'schema']) : undefined]
      }),
    )
  }

  /** The schema as it can be judged by; what the guards refuse is told at its place in the document. */
  #schema(written: unknown, at: Path): object | undefined {
    if (written === undefined) return undefined
    const alone = standalone(written, this.#document.components.schemas)
    if (alone === true) return undefined
    const schema = alone === false ? { not: {} } : alone
    const compiled = compileSchema(schema)
    if (compiled.kind === 'refused') {
      for (const { path, reason, remedy } of compiled.problems) {
        const place = placeOf(path, at)
        const isTold = this.problems.some(told => told.reason === reason && told.path.join('/') === place.join('/'))
        if (!isTold) this.problems.push({ path: place, reason, remedy })
      }
    }
    return schema
  }

  #typesOf(schema: unknown, depth = 0): readonly string[] {
    const component = componentOf(schema)
    if (component !== undefined && depth < 8)
      return this.#typesOf(this.#document.components.schemas[component], depth + 1)
    const type = isObject(schema) ? schema.type : undefined
    return Array.isArray(type) ? type.map(String) : typeof type === 'string' ? [type] : []
  }

  #refuse(path: Path, reason: string, remedy: string): [] {
    this.problems.push({ path, reason, remedy })
    return []
  }
}

/** Whether bodies of this media type are JSON (RFC 8259, RFC 6839 §3.1). */
export function isJson(type: string): boolean {
  return /^application\/(?:[\w.+-]+\+)?json$/.test(type)
}
