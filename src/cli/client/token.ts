import { readFile } from 'node:fs/promises'
import { loginToken } from '../login/token.ts'
import { statePaths } from '../machine/paths.ts'
import { exitCodes, Failure } from '../output.ts'

/** Where a token comes from. */
export type TokenSource = 'GATEHOUSE_TOKEN' | 'login' | 'npm start'

export interface FoundToken {
  readonly token: string
  readonly source: TokenSource
}

/**
 * The token for a gateway: `GATEHOUSE_TOKEN`, else that of `gatehouse login`, else the one that `npm start` left in
 * its state folder, which is for a gateway on this machine alone.
 *
 * @throws Failure when there is none, or the sign-in has ended
 */
export async function tokenFor(gateway: string, state: string): Promise<FoundToken> {
  const given = process.env.GATEHOUSE_TOKEN
  if (given) return { token: given, source: 'GATEHOUSE_TOKEN' }
  const token = await loginToken(gateway)
  if (token !== undefined) return { token, source: 'login' }
  return { token: await localToken(gateway, state), source: 'npm start' }
}

async function localToken(gateway: string, state: string): Promise<string> {
  const signIn = `Sign in: gatehouse login --url ${gateway}`
  if (!isLoopback(gateway)) throw new Failure(`Nobody is signed in at ${gateway}. ${signIn}`, exitCodes.usage)
  const { operatorToken } = statePaths(state)
  const token = await readFile(operatorToken, 'utf8').catch(() => undefined)
  if (token) return token.trim()
  throw new Failure(
    `No token: ${operatorToken} is not there. Start the gateway, name its --state, or set GATEHOUSE_TOKEN. ${signIn}`,
    exitCodes.usage,
  )
}

/** The token of one machine is nothing that another should ever see. */
function isLoopback(gateway: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(URL.parse(gateway)?.hostname ?? '')
}
