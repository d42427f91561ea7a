import { createServer, type Server } from 'node:http'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'

/** A program that may have tokens for itself (client credentials), or for whoever signs in with it. */
export interface SampleClient {
  readonly id: string
  readonly secret: string
  /** Where people come back to after signing in; none: nobody signs in with it. */
  readonly redirectUris?: readonly string[]
}

export interface ProviderOptions {
  readonly clients: readonly SampleClient[]
  /** The APIs that tokens may be for, by audience, with their scopes; the first is meant where a request names none. */
  readonly audiences: Readonly<Record<string, string>>
  /** Private keys, the one that signs first. */
  readonly keys: readonly JWK[]
  /** `jwt`, unless tokens are to be opaque: then the gateway has to ask what they are. */
  readonly format?: 'jwt' | 'opaque'
}

/** What the provider keeps, each for an hour. */
const kinds = ['AccessToken', 'ClientCredentials', 'Grant', 'IdToken', 'Interaction', 'Session']

/** A fresh private key that a provider can sign with. */
export async function providerKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: 'ES256', use: 'sig' }
}

/**
 * An identity provider for trying the gateway out: the real `oidc-provider`, with its own sign-in pages, that
 * forgets everything when it ends. Not for production.
 *
 * @param issuer its own address, `http://127.0.0.1:<port>`
 */
export function sampleProvider(issuer: string, { clients, audiences, keys, format = 'jwt' }: ProviderOptions): Server {
  const configuration: Configuration = {
    jwks: { keys: [...keys] as NonNullable<Configuration['jwks']>['keys'] },
    clients: clients.map(({ id, secret, redirectUris = [] }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ['client_credentials', ...(redirectUris.length > 0 ? ['authorization_code'] : [])],
      response_types: redirectUris.length > 0 ? (['code'] as const).slice() : [],
      redirect_uris: [...redirectUris],
      id_token_signed_response_alg: 'ES256',
    })),
    scopes: [...new Set(['openid', ...Object.values(audiences).flatMap(text => text.split(' '))])],
    cookies: { keys: [crypto.randomUUID()] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: Object.fromEntries(kinds.map(kind => [kind, 3_600])),
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => Object.keys(audiences)[0] ?? '',
        useGrantedResource: () => true,
        getResourceServerInfo: (_, audience) => ({
          audience,
          scope: audiences[audience] ?? '',
          accessTokenFormat: format,
          ...(format === 'jwt' && { jwt: { sign: { alg: 'ES256' as const } } }),
        }),
      },
    },
  }
  return createServer(quietly(() => new Provider(issuer, configuration)).callback())
}

/** The library warns on the console of settings that are for trying out only; this is what it is for. */
function quietly<Result>(make: () => Result): Result {
  const { info, warn } = console
  Object.assign(console, { info() {}, warn() {} })
  try {
    return make()
  } finally {
    Object.assign(console, { info, warn })
  }
}
