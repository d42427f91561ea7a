import { readFile } from 'node:fs/promises'
import { statePaths } from '../machine/paths.ts'
import { exitCodes, Failure } from '../output.ts'

export interface AdminOptions {
  readonly url: string
  readonly state: string
}

/** How long a call may take. */
const timeoutMs = 10_000

/**
 * Calls the admin API. The token is `GATEHOUSE_TOKEN`, or the one that `npm start` left in its state folder.
 *
 * @throws Failure with the gateway's own title and remediation when it refuses
 */
export async function callAdmin(
  path: string,
  { url, state }: AdminOptions,
  request: { method?: string; body?: unknown } = {},
): Promise<unknown> {
  const token = process.env.GATEHOUSE_TOKEN ?? (await localToken(state))
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
  throw new Failure(`${code}: ${title}. ${remediation}`, exitCodes.refused, faults ?? [])
}

async function localToken(state: string): Promise<string> {
  const { operatorToken } = statePaths(state)
  const token = await readFile(operatorToken, 'utf8').catch(() => undefined)
  if (!token)
    throw new Failure(
      `No token: ${operatorToken} is not there. Start the gateway, name its --state, or set GATEHOUSE_TOKEN.`,
      exitCodes.usage,
    )
  return token.trim()
}
