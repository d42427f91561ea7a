import { createServer, type Server } from 'node:http'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, { type ClientMetadata, type Configuration, errors } from 'oidc-provider'
import { passwordGate } from './password-gate.ts'

/** A program that may have tokens for itself (client credentials), or for whoever signs in with it. */
export interface SampleClient {
  readonly id: string
  /** Absent: a program on somebody's machine, which keeps no secret; people sign in with it by the device flow. */
  readonly secret?: string
  /** Where people come back to after signing in; none: nobody signs in with it in a browser. */
  readonly redirectUris?: readonly string[]
}

/** What the tokens of somebody say of them. */
export interface Person {
  readonly roles: readonly string[]
  readonly teams?: readonly string[]
}

export interface ProviderOptions {
  readonly clients: readonly SampleClient[]
  /** The APIs that tokens may be for, by audience, with their scopes; the first is meant where a request names none. */
  readonly audiences: Readonly<Record<string, string>>
  /** Private keys, the one that signs first. */
  readonly keys: readonly JWK[]
  /** `jwt`, unless tokens are to be opaque: then the gateway has to ask what they are. */
  readonly format?: 'jwt' | 'opaque'
  /** Who has roles, by the name they sign in with. */
  readonly people?: Readonly<Record<string, Person>>
  /** With which everybody signs in; absent: any will do. */
  readonly password?: string
  readonly tokenSeconds?: number
  readonly deviceCodeSeconds?: number
}

/** What the provider keeps, each for an hour. */
const kinds = ['AccessToken', 'ClientCredentials', 'Grant', 'IdToken', 'Interaction', 'RefreshToken', 'Session']

/** A fresh private key that a provider can sign with. */
export async function providerKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: 'ES256', use: 'sig' }
}

/**
 * An identity provider for trying the gateway out: the real `oidc-provider`, with its own sign-in pages and the
 * device flow, that forgets everything when it ends. Not for production.
 *
 * @param issuer its own address, `http://127.0.0.1:<port>`
 */
export function sampleProvider(issuer: string, options: ProviderOptions): Server {
  const { clients, audiences, keys, format = 'jwt', people = {} } = options
  const { tokenSeconds = 3_600, deviceCodeSeconds = 600 } = options
  const configuration: Configuration = {
    jwks: { keys: [...keys] as NonNullable<Configuration['jwks']>['keys'] },
    clients: clients.map(clientOf),
    scopes: [...new Set(['openid', 'offline_access', ...Object.values(audiences).flatMap(text => text.split(' '))])],
    cookies: { keys: [crypto.randomUUID()] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: (_, token) => ('accountId' in token ? { ...people[token.accountId] } : undefined),
    ttl: {
      ...Object.fromEntries(kinds.map(kind => [kind, 3_600])),
      AccessToken: tokenSeconds,
      DeviceCode: deviceCodeSeconds,
    },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => Object.keys(audiences)[0] ?? '',
        useGrantedResource: () => true,
        getResourceServerInfo(_, audience) {
          const scope = audiences[audience]
          if (scope === undefined) throw new errors.InvalidTarget()
          const jwt = { sign: { alg: 'ES256' as const } }
          return { audience, scope, accessTokenFormat: format, ...(format === 'jwt' && { jwt }) }
        },
      },
    },
  }
  const provider = quietly(() => new Provider(issuer, configuration))
  if (options.password !== undefined) provider.use(passwordGate(options.password))
  return createServer(provider.callback())
}

function clientOf({ id, secret, redirectUris = [] }: SampleClient): ClientMetadata {
  if (secret === undefined) {
    return {
      client_id: id,
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: 'ES256',
    }
  }
  return {
    client_id: id,
    client_secret: secret,
    grant_types: ['client_credentials', ...(redirectUris.length > 0 ? ['authorization_code'] : [])],
    response_types: redirectUris.length > 0 ? ['code'] : [],
    redirect_uris: [...redirectUris],
    id_token_signed_response_alg: 'ES256',
  }
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
