import type * as z from 'zod'
import type { ModelPrices } from '#core/egress/cost/prices.ts'
import type { FetchSetting } from '#core/egress/fetchable.ts'
import { RuleBook } from '#core/egress/rule-book.ts'
import type { OpaSetting } from '#core/fleet/opa.ts'
import { KeySet } from '#core/identity/key-set.ts'
import type { Signing } from '#core/identity/token-keys.ts'
import type { AddressSetting } from '#core/limits/address.ts'
import type { Regions } from '#core/residency/regions.ts'
import { Secret } from '#core/secrets/secret.ts'
import { fetchSettingOf, Variables } from './variables.ts'

/** What the gateway was told about itself, parsed once at start. */
export interface Settings extends FetchSetting, AddressSetting {
  readonly environment: string
  /** Where vendors and callers reach the gateway; absent: wherever the request says. */
  readonly publicUrl?: string
  /** The only host that answers `/admin`; absent on one machine. */
  readonly adminUrl?: string
  /** Whose tokens the admin API takes; absent: nobody's. */
  readonly admin?: {
    /** Where operators sign in; absent: nowhere. */
    readonly provider?: { readonly issuer: string; readonly audience: string }
    /** The claim with the teams that somebody belongs to. */
    readonly teamsClaim: string
    /** Of `npm start`, which mints an operator's token; never there outside `local`. */
    readonly localKeys?: KeySet
  }
  /** What apps before their release are held to; absent: nothing. */
  readonly sandbox?: {
    /** Where they may go. */
    readonly egress: RuleBook
    /** The claim of a caller's token with the teams that they belong to. */
    readonly teamsClaim: string
  }
  /** Whether production waits for a second person. */
  readonly requiresApproval?: true
  /** Who signs entries and fleet rules; absent: nobody has to. */
  readonly approvers?: KeySet
  readonly metricsToken?: Secret
  /** Where limits are counted for all who share that database; absent: in Durable Objects. */
  readonly upstash?: { readonly url: string; readonly token: Secret }
  /** The resolver that says, in advance, where names of the outside lead: DNS over HTTPS, in its JSON form. */
  readonly egressResolver?: string
  /** What models cost here, where no manifest says otherwise. */
  readonly modelPrices?: ModelPrices
  /** With what the gateway signs the tokens it gives to apps. */
  readonly signing?: Signing
  /** Where payloads can be kept, by the operator's names. */
  readonly regions: Regions
  /** 32 bytes as base64, from which the keys of all apps are derived. */
  readonly keyEncryptionKey?: Secret
  /** The key-encryption key before, with which older sealed secrets can still be opened. */
  readonly previousKeyEncryptionKey?: Secret
  /** Who is asked beside the fleet rules; absent: nobody. */
  readonly opa?: OpaSetting
  /** Where secrets that are references are looked up. */
  readonly vault?: { readonly address: string; readonly token: Secret }
}

/**
 * Reads the settings from a Worker's variables.
 *
 * @throws Error that names every fault at once, so that a start needs mending only once
 */
export function settingsFrom(variables: Readonly<Record<string, unknown>>): Settings {
  const parsed = Variables.safeParse(variables, { reportInput: true })
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      issue =>
        `  ${issue.path.join('.')}: ${issue.input === undefined && issue.code === 'invalid_type' ? 'is required' : issue.message}`,
    )
    throw new Error(`Gatehouse cannot start; these settings need mending:\n${lines.join('\n')}`)
  }
  const {
    ENVIRONMENT,
    PUBLIC_URL,
    ADMIN_URL,
    ADMIN_ISSUER,
    ADMIN_AUDIENCE,
    ADMIN_TEAMS_CLAIM,
    ADMIN_JWKS,
    GATEWAY_KEK,
    EGRESS_DOH,
    METRICS_TOKEN,
  } = parsed.data
  const { SIGNING_KEYS, TOKEN_ISSUER = PUBLIC_URL, REGIONS, TRUSTED_PROXIES } = parsed.data
  const { REQUIRE_APPROVAL, REQUIRE_SIGNED_ENTRIES, APPROVERS_JWKS } = parsed.data
  const { REQUIRE_SANDBOX, SANDBOX_EGRESS = new RuleBook([]), TEAMS_CLAIM } = parsed.data
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = parsed.data
  const { OPA_URL, MODEL_PRICES, GATEWAY_KEK_PREVIOUS, VAULT_ADDR, VAULT_TOKEN } = parsed.data
  return {
    environment: ENVIRONMENT,
    ...fetchSettingOf(parsed.data),
    regions: REGIONS,
    ...(MODEL_PRICES && { modelPrices: MODEL_PRICES }),
    ...((REQUIRE_APPROVAL ?? ENVIRONMENT !== 'local') && { requiresApproval: true }),
    ...(REQUIRE_SIGNED_ENTRIES && APPROVERS_JWKS && { approvers: APPROVERS_JWKS }),
    ...((REQUIRE_SANDBOX ?? ENVIRONMENT !== 'local') && {
      sandbox: { egress: SANDBOX_EGRESS, teamsClaim: TEAMS_CLAIM },
    }),
    ...(UPSTASH_REDIS_REST_URL &&
      UPSTASH_REDIS_REST_TOKEN && {
        upstash: {
          url: UPSTASH_REDIS_REST_URL,
          token: new Secret('UPSTASH_REDIS_REST_TOKEN', UPSTASH_REDIS_REST_TOKEN),
        },
      }),
    ...(TRUSTED_PROXIES && { trustedProxies: TRUSTED_PROXIES }),
    ...(PUBLIC_URL && { publicUrl: PUBLIC_URL }),
    ...(ADMIN_URL && { adminUrl: ADMIN_URL }),
    ...((ADMIN_ISSUER || ADMIN_JWKS) && {
      admin: {
        teamsClaim: ADMIN_TEAMS_CLAIM,
        ...(ADMIN_ISSUER && ADMIN_AUDIENCE && { provider: { issuer: ADMIN_ISSUER, audience: ADMIN_AUDIENCE } }),
        ...(ADMIN_JWKS && { localKeys: new KeySet(ADMIN_JWKS.keys) }),
      },
    }),
    ...(GATEWAY_KEK && { keyEncryptionKey: new Secret('GATEWAY_KEK', GATEWAY_KEK) }),
    ...(GATEWAY_KEK_PREVIOUS && {
      previousKeyEncryptionKey: new Secret('GATEWAY_KEK_PREVIOUS', GATEWAY_KEK_PREVIOUS),
    }),
    ...(VAULT_ADDR && VAULT_TOKEN && { vault: { address: VAULT_ADDR, token: new Secret('VAULT_TOKEN', VAULT_TOKEN) } }),
    ...(OPA_URL && { opa: opaFrom(OPA_URL, parsed.data) }),
    ...(SIGNING_KEYS &&
      TOKEN_ISSUER && { signing: { issuer: TOKEN_ISSUER, keys: new Secret('SIGNING_KEYS', SIGNING_KEYS) } }),
    ...(EGRESS_DOH && { egressResolver: EGRESS_DOH }),
    ...(METRICS_TOKEN && { metricsToken: new Secret('METRICS_TOKEN', METRICS_TOKEN) }),
  }
}

function opaFrom(url: string, read: z.output<typeof Variables>): OpaSetting {
  const { OPA_TOKEN, OPA_TIMEOUT_MS: timeoutMs, OPA_ON_ERROR: onError, OPA_POINTS: asked } = read
  return { url, timeoutMs, onError, points: asked, ...(OPA_TOKEN && { token: new Secret('OPA_TOKEN', OPA_TOKEN) }) }
}
