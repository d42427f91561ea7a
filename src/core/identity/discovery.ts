import * as z from 'zod'
import { boundedText } from '#core/bounded-text.ts'
import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import type { Upstreams } from '#core/ports.ts'
import { type PublicJwk, PublishedKeys } from './key-set.ts'

/** Whose keys are wanted, and where they are if that is known. */
export interface KeySource {
  readonly issuer: string
  /** Absent: where discovery says. */
  readonly jwksUri?: string | undefined
}

/** What an issuer says of itself, as far as a gateway needs it. */
export interface Discovered {
  readonly keys: readonly PublicJwk[]
  readonly introspectionEndpoint?: string | undefined
  /** For how long the issuer lets its keys be remembered, if it says. */
  readonly maxAgeSeconds?: number | undefined
}

/** An issuer has so long to answer everything. */
export const issuerTimeoutMs = 5_000
/** A key set or a discovery document is never larger. */
export const maxIssuerBytes = 262_144

const Metadata = z.object({
  issuer: z.string(),
  jwks_uri: z.string(),
  introspection_endpoint: z.string().optional(),
})

/**
 * Asks an issuer for its keys: at `jwksUri`, or where its discovery document says (OpenID Connect Discovery
 * §4, else RFC 8414 §3), which must name the very issuer. Every URL is checked as all that the gateway
 * fetches is, and no redirect is followed.
 *
 * @throws Error that says what went wrong, for the log
 */
export async function discover(
  { issuer, jwksUri }: KeySource,
  upstreams: Upstreams,
  setting: FetchSetting,
): Promise<Discovered> {
  const signal = AbortSignal.timeout(issuerTimeoutMs)
  const get = (url: string) => fetchJson(url, signal, upstreams, setting)
  const metadata = jwksUri === undefined ? await metadataOf(issuer, get) : undefined
  const { json, maxAgeSeconds } = await get(jwksUri ?? metadata?.jwks_uri ?? '')
  const { keys } = PublishedKeys.parse(json)
  if (keys.length === 0) throw new Error(`${issuer} publishes no key: it is taken for broken, not for revoked`)
  return { keys, introspectionEndpoint: metadata?.introspection_endpoint, maxAgeSeconds }
}

type Get = (url: string) => Promise<{ readonly json: unknown; readonly maxAgeSeconds: number | undefined }>

async function metadataOf(issuer: string, get: Get): Promise<z.infer<typeof Metadata>> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
  let failure: unknown
  for (const place of places) {
    try {
      const metadata = Metadata.parse((await get(place)).json)
      if (metadata.issuer !== issuer) throw new Error(`${place} names the issuer ${metadata.issuer}`)
      return metadata
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

/** One GET of JSON from an issuer. */
async function fetchJson(url: string, signal: AbortSignal, upstreams: Upstreams, setting: FetchSetting) {
  const unsafe = unfetchable(url, setting)
  if (unsafe) throw new Error(`${url} ${unsafe}`)
  const headers = { accept: 'application/json' }
  const response = await upstreams.fetch(url, { redirect: 'manual', signal, headers })
  if (response.status !== 200) {
    response.body?.cancel().catch(() => {})
    throw new Error(`${url} answered ${response.status}`)
  }
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(response.headers.get('cache-control') ?? '')?.[1]
  return {
    json: JSON.parse(await boundedText(response, maxIssuerBytes)) as unknown,
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
  }
}
