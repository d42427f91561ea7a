import { decodeJwt } from 'jose'
import { exitCodes, Failure } from '../output.ts'
import { type Tokens, tokensIn } from './device.ts'
import { errorText, metadataOf, post } from './issuer.ts'
import { alone, forgetLogin, keepLogin, type Login, storedLogin } from './stored.ts'

/** A token that ends so soon is replaced before it is used. */
const marginMs = 30_000

/**
 * The access token of the sign-in for a gateway, refreshed where it is about to end; `undefined` when nobody is
 * signed in there.
 *
 * @throws Failure when the sign-in has ended
 */
export async function loginToken(gateway: string): Promise<string | undefined> {
  const login = await storedLogin(gateway)
  if (!login || isFresh(login)) return login?.accessToken
  return alone(gateway, async () => {
    // another process may have been faster
    const now = await storedLogin(gateway)
    return !now || isFresh(now) ? now?.accessToken : refreshed(now)
  })
}

/** A sign-in with the tokens that an issuer has just given. */
export function loginOf(about: Pick<Login, 'gateway' | 'issuer' | 'clientId'>, tokens: Tokens, now: Date): Login {
  const { access_token, expires_in, refresh_token } = tokens
  const endMs = expires_in === undefined ? endOf(access_token) : now.getTime() + expires_in * 1000
  return {
    ...about,
    accessToken: access_token,
    ...(endMs !== undefined && { expiresAt: new Date(endMs).toISOString() }),
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
  }
}

async function refreshed(login: Login): Promise<string> {
  const { gateway, issuer, clientId, refreshToken } = login
  if (refreshToken === undefined) throw hasEnded(gateway, 'the issuer gave nothing to prolong it with')
  const { token_endpoint } = await metadataOf(issuer)
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
  const answer = await post(token_endpoint, form)
  if (!answer.ok) {
    if (answer.body.error === 'invalid_grant') await forgetLogin(gateway)
    throw hasEnded(gateway, errorText(answer))
  }
  const tokens = tokensIn(answer, issuer)
  const next = loginOf({ gateway, issuer, clientId }, { refresh_token: refreshToken, ...tokens }, new Date())
  await keepLogin(next)
  return next.accessToken
}

function hasEnded(gateway: string, why: string): Failure {
  return new Failure(
    `Your sign-in at ${gateway} has ended: ${why}. Run: gatehouse login --url ${gateway}`,
    exitCodes.usage,
  )
}

function isFresh({ expiresAt }: Login): boolean {
  return expiresAt === undefined || Date.parse(expiresAt) - Date.now() > marginMs
}

function endOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token)
    return exp === undefined ? undefined : exp * 1000
  } catch {
    return undefined
  }
}
