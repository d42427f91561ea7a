import { contractOf } from '#core/contract/contract.ts'
import { bodyFailures, contentsFor, listed } from '#core/contract/judge.ts'
import { operationOf } from '#core/contract/operation-of.ts'
import { Fault } from '#core/fault.ts'
import { maxBodyBytes } from '#core/json-schema/validator.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { routeField } from '#core/pipeline/fields.ts'
import { type Finish, type Policy, pass } from '#core/pipeline/policy.ts'
import type { Ports } from '#core/ports.ts'

/** Answers that have no body whatever the app says (RFC 9110 §6.4.1). */
const bodiless = [101, 204, 205, 304]

/**
 * Only an answer that fits what the app has declared goes out: the route's `responseSchema`, and what the app's
 * OpenAPI document says of its status. An answer is read only where its JSON is judged; streams of other types
 * pass as they come.
 */
export const answerSchema: Policy = {
  name: 'responseSchema',
  doors: ['apps'],
  isMandatory: false,
  field: exchange => (exchange.api?.route.responseSchema ? routeField(exchange, 'responseSchema') : 'spec.api.openapi'),

  before: () => pass(),

  after(exchange, ports, answer) {
    if (!answer || exchange.method === 'HEAD' || bodiless.includes(answer.status)) return undefined
    const { schemas, unlisted } = asked(exchange, answer)
    if (unlisted !== undefined) return { fault: 'answer-mismatch', detail: unlisted, original: answer }
    return schemas.length === 0 ? undefined : judged(answer, schemas, ports)
  },
}

async function judged(answer: Response, schemas: readonly object[], { bodies }: Ports): Promise<Finish> {
  const [read, kept] = answer.body?.tee() ?? [null, null]
  const original = new Response(kept, answer)
  const reader = new BodyReader(() => read, answer.headers.get('content-length'), bodies)
  reader.capAt(maxBodyBytes)
  try {
    const bytes = await reader.read()
    const failures = schemas.flatMap(schema => bodyFailures(schema, bytes))
    if (failures.length === 0) return original
    return { fault: 'answer-mismatch', detail: failures.join(', '), original }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { fault: 'answer-mismatch', detail: `${error.code}: ${error.detail}`, original }
  } finally {
    reader.release()
  }
}

/** The schemas that the answer must fit, or why its type alone is wrong. */
function asked(exchange: Exchange, answer: Response): { schemas: readonly object[]; unlisted?: string } {
  const { route, path } = settled(exchange, 'api')
  const { api } = settled(exchange, 'entry').manifest.spec
  const schemas: object[] = []
  if (route.responseSchema && answer.ok) schemas.push(route.responseSchema)
  const operation = api?.openapi && operationOf(contractOf(api.openapi), path, exchange.method)?.operation
  const contents = operation && contentsFor(operation, answer.status)
  if (!contents || contents.size === 0) return { schemas }
  const stands = listed(contents, answer.headers.get('content-type'))
  if (stands.kind === 'unlisted') return { schemas, unlisted: `${answer.status} body (${stands.type} is not declared)` }
  if (stands.kind === 'judged') schemas.push(stands.schema)
  return { schemas }
}
