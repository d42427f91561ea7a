import * as z from 'zod'
import { boundedText } from '#core/bounded-text.ts'
import { unfetchable } from '#core/egress/fetchable.ts'
import { encode, utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import type { CredentialAs } from '#core/manifest/egress-credential.ts'
import type { Secret } from '#core/secrets/secret.ts'
import type { BrokerPorts } from './kind.ts'

/** A token endpoint has this long to answer, and this much to say. */
const timeoutMs = 5_000
const maxAnswerBytes = 65_536

/** Life of a token whose endpoint names none (RFC 6749 §5.1 only recommends it). */
const unstatedLifeSeconds = 300

export interface AccessToken {
  readonly value: string
  readonly expiresAtMs: number
  readonly lifeMs: number
}

const Answer = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().max(31_536_000).default(unstatedLifeSeconds),
})

/**
 * Asks a token endpoint for an access token (RFC 6749 §4.4.2). Redirects are not followed.
 *
 * @throws Fault `issuer-unreachable`, whatever the endpoint does wrong; the detail tells no secret
 */
export async function fetchAccessToken(
  credential: CredentialAs<'oauth2'>,
  secret: Secret,
  { settings, clock, upstreams }: BrokerPorts,
): Promise<AccessToken> {
  const { tokenUrl } = credential
  const failed = (why: string) => new Fault('issuer-unreachable', `the token endpoint ${new URL(tokenUrl).host} ${why}`)
  const unsafe = unfetchable(tokenUrl, settings)
  if (unsafe) throw new Fault('issuer-unreachable', `the token endpoint ${unsafe}`)

  const askedAtMs = clock.now().getTime()
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await upstreams
    .fetch(tokenUrl, { method: 'POST', ...asked(credential, secret), redirect: 'manual', signal })
    .catch(() => {
      throw failed(signal.aborted ? `did not answer within ${timeoutMs} ms` : 'could not be reached')
    })
  const said = await boundedText(response, maxAnswerBytes)
    .then(text => JSON.parse(text) as unknown)
    .catch(() => undefined)
  if (response.status !== 200) throw failed(`answered ${response.status}`)
  const answer = Answer.safeParse(said)
  if (!answer.success) throw failed('answered with no bearer token')
  const lifeMs = answer.data.expires_in * 1000
  return { value: answer.data.access_token, expiresAtMs: askedAtMs + lifeMs, lifeMs }
}

function asked(
  { clientId, clientAuth, scopes, audience }: CredentialAs<'oauth2'>,
  secret: Secret,
): Pick<RequestInit, 'headers' | 'body'> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  if (audience) form.set('audience', audience)
  const headers = new Headers({ accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' })
  if (clientAuth === 'basic') {
    // RFC 6749 §2.3.1: both parts are form-encoded before they are joined
    const pair = [clientId, secret.reveal()]
      .map(part => new URLSearchParams([['', part]]).toString().slice(1))
      .join(':')
    headers.set('authorization', `Basic ${encode(utf8Bytes(pair), 'base64')}`)
  } else {
    form.set('client_id', clientId)
    form.set('client_secret', secret.reveal())
  }
  return { headers, body: form.toString() }
}
