import { BoundedMap } from '#core/bounded-map.ts'
import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import type { CredentialAs } from '#core/manifest/egress-credential.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { type AccessToken, fetchAccessToken } from './access-token.ts'
import type { BrokerPorts, Kind } from './kind.ts'

/** Access tokens remembered at most; past that the oldest is fetched again when it is asked for. */
const maxRemembered = 2_000

/** A token is fetched anew once a fifth of its life is left, and never used in its last seconds. */
const earlyShare = 0.2
const lastMs = 5_000

const known = new BoundedMap<string, AccessToken>(maxRemembered)
const refreshing = new Set<string>()

/**
 * OAuth 2.0 client credentials (RFC 6749 §4.4): an access token as bearer. While the old token is good the
 * new one is fetched in the background, so only the first request of an isolate waits.
 */
export const oauth2: Kind<CredentialAs<'oauth2'>> = {
  needsBody: () => false,

  async inject(credential, [secret], { url, headers }, ports) {
    if (!secret) throw new Error('the broker asks for a token without the secret')
    const token = await tokenFor(credential, secret, ports)
    const proven = new Headers(headers)
    proven.set('authorization', `Bearer ${token.value}`)
    return { url, headers: proven, hidden: [token.value, secret.reveal()] }
  },
}

/** To be called when a token was refused (401): the next request fetches a new one. */
export async function forgetToken(credential: CredentialAs<'oauth2'>, secret: Secret): Promise<void> {
  known.delete(await nameOf(credential, secret))
}

async function tokenFor(credential: CredentialAs<'oauth2'>, secret: Secret, ports: BrokerPorts): Promise<AccessToken> {
  const name = await nameOf(credential, secret)
  const token = known.get(name)
  const leftMs = token ? token.expiresAtMs - ports.clock.now().getTime() : 0
  if (!token || leftMs <= lastMs) return fetched(name, credential, secret, ports)
  if (leftMs < token.lifeMs * earlyShare && !refreshing.has(name)) {
    refreshing.add(name)
    const refresh = fetched(name, credential, secret, ports).catch(() => {})
    ports.background(refresh.finally(() => refreshing.delete(name)))
  }
  return token
}

async function fetched(
  name: string,
  credential: CredentialAs<'oauth2'>,
  secret: Secret,
  ports: BrokerPorts,
): Promise<AccessToken> {
  const token = await fetchAccessToken(credential, secret, ports)
  known.set(name, token)
  return token
}

/** Everything that the token depends on, the secret's value too: a rotated secret gets a token of its own. */
function nameOf(credential: CredentialAs<'oauth2'>, secret: Secret): Promise<string> {
  return sha256Hex(utf8Bytes(JSON.stringify([credential, secret.reveal()])))
}
