import { Fault } from '#core/fault.ts'
import { type Credential, secretsOf } from '#core/manifest/egress-credential.ts'
import type { Secrets } from '#core/ports.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { hmac } from './hmac.ts'
import type { BrokerPorts, Injected, Kind, Outgoing } from './kind.ts'
import { forgetToken, oauth2 } from './oauth2.ts'
import { basic, bearer, header, query } from './plain.ts'
import { sigv4 } from './sigv4.ts'

/** Every kind of credential there is. */
const kinds: { readonly [As in Credential['as']]: Kind<Extract<Credential, { as: As }>> } = {
  bearer,
  header,
  basic,
  query,
  hmac,
  sigv4,
  oauth2,
}

/** Whether the credential's proof covers the body, so that the whole of it must be in memory. */
export function needsBody(credential: Credential, headers: Headers): boolean {
  return kindOf(credential).needsBody(credential, headers)
}

/** The request with the credential. It is made for this one URL and must not be carried to another. */
export async function inject(
  credential: Credential,
  secrets: readonly Secret[],
  outgoing: Outgoing,
  ports: BrokerPorts,
): Promise<Injected> {
  return kindOf(credential).inject(credential, secrets, outgoing, ports)
}

/**
 * The secrets of a credential, in the order of `secretsOf`.
 *
 * @throws Fault `secret-missing` that names the first one that is not in place
 */
export async function credentialSecrets(
  app: string,
  credential: Credential,
  secrets: Pick<Secrets, 'find'>,
): Promise<Secret[]> {
  return Promise.all(
    secretsOf(credential).map(async name => {
      const secret = await secrets.find(app, name)
      if (!secret?.reveal()) throw new Fault('secret-missing', `secret ${name} of ${app} is not in place`)
      return secret
    }),
  )
}

/** To be called when the outside answered 401: a token that is remembered may have been withdrawn. */
export async function refused(credential: Credential, [secret]: readonly Secret[]): Promise<void> {
  if (credential.as === 'oauth2' && secret) await forgetToken(credential, secret)
}

function kindOf(credential: Credential): Kind<Credential> {
  return kinds[credential.as] as Kind<Credential>
}
