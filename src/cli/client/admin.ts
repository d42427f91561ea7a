import { exitCodes, Failure } from '../output.ts'
import { tokenFor } from './token.ts'

export interface AdminOptions {
  readonly url: string
  readonly state: string
}

interface AdminRequest {
  readonly method?: string
  readonly body?: unknown
}

/** How long a call may take. */
const timeoutMs = 10_000

/** Faults that a new sign-in mends. */
const signedOut = ['token-expired', 'token-invalid']

/**
 * Calls the admin API with the token that there is for the gateway; see `tokenFor`.
 *
 * @throws Failure with the gateway's own title and remediation when it refuses
 */
export async function callAdmin(
  path: string,
  { url, state }: AdminOptions,
  request: AdminRequest = {},
): Promise<unknown> {
  const { token, source } = await tokenFor(url, state)
  return askAdmin(path, url, token, request, source === 'login' ? `Sign in again: gatehouse login --url ${url}` : '')
}

/**
 * Calls the admin API with a token.
 *
 * @param signIn what to do when the token is no good
 * @throws Failure
 */
export async function askAdmin(
  path: string,
  url: string,
  token: string,
  request: AdminRequest = {},
  signIn = '',
): Promise<unknown> {
  const response = await fetch(`${url}/admin/v1/${path}`, {
    method: request.method ?? 'GET',
    headers: {
      authorization: `Bearer ${token}`,
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(error => {
    throw new Failure(
      `No answer from ${url}: ${error.cause?.code ?? error.message}. Is the gateway running? (npm start)`,
      exitCodes.unreachable,
    )
  })
  const text = await response.text()
  const answer = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  if (response.ok) return answer
  const { code, title, remediation, faults } = answer as {
    code: string
    title: string
    remediation: string
    faults?: []
  }
  const remedy = signedOut.includes(code) && signIn ? signIn : remediation
  throw new Failure(`${code}: ${title}. ${remedy}`, exitCodes.refused, faults ?? [])
}
