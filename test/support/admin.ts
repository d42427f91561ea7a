import { exports } from 'cloudflare:workers'
import { operatorToken } from './operator.ts'

export interface AdminCall {
  readonly method?: string
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown
  readonly roles?: readonly string[]
  readonly subject?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A call of the admin API, as somebody with these roles; an operator unless said otherwise. */
export async function admin(path: string, call: AdminCall = {}): Promise<Response> {
  const { body, roles = ['operator'], subject = 'olga', method = body === undefined ? 'GET' : 'POST' } = call
  const authorization = `Bearer ${await operatorToken({ roles, subject })}`
  return exports.default.fetch(`http://gate.example/admin/v1/${path}`, {
    method,
    headers: { authorization, ...call.headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}
