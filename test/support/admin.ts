import { exports } from 'cloudflare:workers'
import { unlike } from './api-contract.ts'
import { operatorToken } from './operator.ts'

export interface AdminCall {
  readonly method?: string
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown
  readonly roles?: readonly string[]
  readonly teams?: readonly string[]
  readonly subject?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Another gateway than the one under test, such as one with other settings. */
  readonly gateway?: { fetch(request: Request): Response | Promise<Response> }
}

/**
 * A call of the admin API, as somebody with these roles; an operator unless said otherwise.
 *
 * @throws when the answer is not as `openapi.json` says
 */
export async function admin(path: string, call: AdminCall = {}): Promise<Response> {
  const { body, roles = ['operator'], subject = 'olga', method = body === undefined ? 'GET' : 'POST' } = call
  const authorization = `Bearer ${await operatorToken({ roles, subject, ...(call.teams && { teams: call.teams }) })}`
  const { gateway = exports.default } = call
  const request = new Request(`http://gate.example/admin/v1/${path}`, {
    method,
    headers: { authorization, ...call.headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const response = await gateway.fetch(request)
  const differences = await unlike(method, `/${path}`, response)
  if (differences.length > 0)
    throw new Error(`${method} ${path} answered unlike openapi.json: ${differences.join(', ')}`)
  return response
}
