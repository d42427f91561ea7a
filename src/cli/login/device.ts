import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import { exitCodes, Failure } from '../output.ts'
import { type Answer, errorText, type IssuerMetadata, plain, post } from './issuer.ts'

/** What a client asks for. */
export interface Wish {
  readonly clientId: string
  readonly scope: string
  /** For whom the token is to be; absent: the scope says it. */
  readonly audience?: string
}

/** What somebody has to do with a browser. */
export interface Prompt {
  readonly url: string
  readonly code: string
  /** The URL with the code in it, if the issuer gives one. */
  readonly completeUrl?: string
  readonly waitSeconds: number
}

/** What an issuer gives (RFC 6749 §5.1). */
export const Tokens = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i, { error: 'must be Bearer' }),
  expires_in: z.number().positive().optional(),
  refresh_token: z.string().optional(),
})

export type Tokens = z.infer<typeof Tokens>

/** Nobody is waited for longer, whatever the issuer says. */
const maxWaitSeconds = 1_800
/** Between two questions: by default, at most, and what a `slow_down` adds (RFC 8628 §3.5). */
const intervalSeconds = { byDefault: 5, most: 60, more: 5 }

const Authorization = z.object({
  device_code: z.string().min(1),
  user_code: z.string().min(1),
  verification_uri: z.url({ protocol: /^https?$/ }),
  verification_uri_complete: z.url({ protocol: /^https?$/ }).optional(),
  expires_in: z.number().positive(),
  interval: z.number().positive().default(intervalSeconds.byDefault),
})

const waiting = ['authorization_pending', 'slow_down']
const ended: Readonly<Record<string, string>> = {
  access_denied: 'The sign-in was refused in the browser.',
  expired_token: 'The code has expired before anybody entered it. Run the command again.',
}

/**
 * Signs somebody in by the device flow (RFC 8628): shows where to go and which code to enter, and asks the issuer
 * until they have done so, at its pace, for as long as the code lives and never longer than half an hour.
 *
 * @param tell shows what somebody has to do
 * @param wait pauses; for tests
 * @throws Failure when the sign-in is refused, the code expires, or the issuer knows no such client
 */
export async function signIn(
  { issuer, token_endpoint, device_authorization_endpoint }: IssuerMetadata,
  { clientId, scope, audience }: Wish,
  tell: (prompt: Prompt) => void,
  wait: (ms: number) => Promise<unknown> = delay,
): Promise<Tokens> {
  if (!device_authorization_endpoint)
    throw new Failure(`${issuer} has no device flow: enable it there for the client ${clientId}.`)
  // RFC 8707 calls it `resource`, some issuers `audience`; what an issuer does not know it leaves alone
  const meant = audience === undefined ? {} : { audience, ...(URL.canParse(audience) && { resource: audience }) }
  const begun = await post(device_authorization_endpoint, { client_id: clientId, scope, ...meant })
  const authorization = Authorization.safeParse(begun.body)
  if (!begun.ok || !authorization.success)
    throw new Failure(`${issuer} does not let ${clientId} sign anybody in: ${errorText(begun)}.`)

  const { device_code, user_code, verification_uri, verification_uri_complete, expires_in } = authorization.data
  const waitSeconds = Math.min(expires_in, maxWaitSeconds)
  const completeUrl = verification_uri_complete && { completeUrl: plain(verification_uri_complete) }
  tell({ url: plain(verification_uri), code: plain(user_code), waitSeconds, ...completeUrl })

  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: clientId, device_code }
  let pauseSeconds = Math.min(authorization.data.interval, intervalSeconds.most)
  for (let waitedSeconds = 0; waitedSeconds < waitSeconds; ) {
    await wait(pauseSeconds * 1000)
    waitedSeconds += pauseSeconds
    // an issuer that is away for a moment ends nothing, and is asked less often
    const answer = await post(token_endpoint, grant).catch(slowedDown)
    const error = String(answer.body.error)
    if (answer.ok) return tokensIn(answer, issuer)
    if (!waiting.includes(error)) throw new Failure(ended[error] ?? `${issuer} refused: ${errorText(answer)}.`)
    if (error === 'slow_down') pauseSeconds = Math.min(pauseSeconds + intervalSeconds.more, intervalSeconds.most)
  }
  throw new Failure(ended.expired_token ?? '')
}

/** The tokens of an answer. Nothing of them is ever shown. */
export function tokensIn({ body }: Answer, issuer: string): Tokens {
  const tokens = Tokens.safeParse(body)
  if (tokens.success) return tokens.data
  throw new Failure(`${issuer} answered with no bearer token.`, exitCodes.refused)
}

function slowedDown(error: unknown): Answer {
  if (error instanceof Failure && error.exitCode === exitCodes.unreachable)
    return { ok: false, body: { error: 'slow_down' } }
  throw error
}
