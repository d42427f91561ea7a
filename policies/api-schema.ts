import { contractOf } from '#core/contract/contract.ts'
import { bodyFailures, fieldFailures, listed } from '#core/contract/judge.ts'
import { operationOf } from '#core/contract/operation-of.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { routeField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass, type Verdict } from '#core/pipeline/policy.ts'

/**
 * Only a request that fits what the app has declared reaches it: the route's `schema`, and the operation that
 * the app's OpenAPI document describes for its path and method. A body is read only where something is asked
 * of it; otherwise it streams.
 */
export const apiSchema: Policy = {
  name: 'schema',
  doors: ['apps'],
  isMandatory: false,
  field: exchange => (exchange.api?.route.schema ? routeField(exchange, 'schema') : 'spec.api.openapi'),

  before(exchange) {
    const isAsked = settled(exchange, 'api').route.schema ?? settled(exchange, 'entry').manifest.spec.api?.openapi
    return isAsked ? judged(exchange) : pass()
  },
}

const maxFailures = 20

async function judged(exchange: Exchange): Promise<Verdict> {
  const { route } = settled(exchange, 'api')
  const failures: string[] = []
  if (route.schema) failures.push(...bodyFailures(route.schema, await exchange.body.read()))
  failures.push(...(await contractFailures(exchange)))
  return failures.length === 0 ? pass() : deny('schema-mismatch', failures.slice(0, maxFailures).join(', '))
}

async function contractFailures(exchange: Exchange): Promise<readonly string[]> {
  const { api } = settled(exchange, 'entry').manifest.spec
  const { query, path } = settled(exchange, 'api')
  if (!api?.openapi) return []
  const found = operationOf(contractOf(api.openapi), path, exchange.method)
  if (!found) return [`${exchange.method} (no operation)`]
  const { operation, params } = found
  const failures = fieldFailures(operation, { headers: exchange.headers, query, params })
  if (!operation.body) return failures

  const { contents, isRequired } = operation.body
  const contentType = exchange.headers.get('content-type')
  const stands = listed(contents, contentType)
  if (contentType === null || stands.kind === 'judged') {
    const bytes = await exchange.body.read()
    if (bytes.length === 0) return isRequired ? [...failures, 'body (required)'] : failures
    if (stands.kind === 'judged') return [...failures, ...bodyFailures(stands.schema, bytes)]
  }
  return stands.kind === 'unlisted' ? [...failures, `body (${stands.type} is not accepted)`] : failures
}
