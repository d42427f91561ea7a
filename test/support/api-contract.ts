import { validatorOf } from '#core/json-schema/validator.ts'
import { calls } from '#routes/admin/index.ts'
import { documentOf } from '#routes/admin/openapi.ts'

type Content = Readonly<Record<string, { readonly schema?: object }>>

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security: readonly { readonly operator: readonly string[] }[]
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

/** The admin API as it describes itself. */
export const contract = documentOf(calls) as unknown as {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly responses: { fault: { content: Content } }
  }
}

/** The operation that a call is one of; `undefined` for a path that nothing answers. */
export function operationOf(method: string, path: string): Operation | undefined {
  const [pathname = ''] = path.split('?')
  const fits = (template: string) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`).test(pathname)
  const candidates = Object.keys(contract.paths).filter(
    template => contract.paths[template]?.[method] && fits(template),
  )
  const [exact] = candidates.sort((one, other) => one.split('{').length - other.split('{').length)
  return exact === undefined ? undefined : contract.paths[exact]?.[method]
}

/**
 * What of an answer is not as the document says; empty when all is.
 *
 * @param path below `/admin/v1`
 */
export async function unlike(method: string, path: string, response: Response): Promise<readonly string[]> {
  const operation = operationOf(method.toLowerCase(), path)
  if (!operation) return response.status === 404 ? [] : [`${method} ${path} is no operation`]
  const { status, headers } = response
  const said = operation.responses[status] ?? (status >= 400 ? contract.components.responses.fault : undefined)
  if (!said) return [`${status} is not told of ${operation.operationId}`]
  const [type = ''] = (headers.get('content-type') ?? '').split(';')
  if (!said.content) return type === '' ? [] : [`${type} is not told of ${operation.operationId}`]
  const content = said.content[type]
  if (!content) return [`${type} is not told of ${operation.operationId} with ${status}`]
  if (!content.schema) return []
  return validatorOf(standingAlone(content.schema)).failures(await response.clone().json())
}

const made = new WeakMap<object, object>()

/** A schema of the document with the components that it refers to. */
function standingAlone(schema: object): object {
  const known = made.get(schema)
  if (known) return known
  const whole = JSON.parse(
    JSON.stringify({ ...schema, $defs: contract.components.schemas }).replaceAll('#/components/schemas/', '#/$defs/'),
  ) as object
  made.set(schema, whole)
  return whole
}
