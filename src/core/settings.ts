import * as z from 'zod'
import { type ModelPrices, ModelPricesSetting } from '#core/egress/cost/prices.ts'
import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import { readRule } from '#core/egress/rule.ts'
import { RuleBook } from '#core/egress/rule-book.ts'
import { decode } from '#core/encoding.ts'
import type { OpaSetting } from '#core/fleet/opa.ts'
import { points } from '#core/fleet/schema.ts'
import { KeySet, PublishedKeys } from '#core/identity/key-set.ts'
import { type Signing, SigningKeys } from '#core/identity/token-keys.ts'
import { type AddressSetting, rangesIn } from '#core/limits/address.ts'
import { approversIn } from '#core/manifest/approvers.ts'
import { onAnyObject } from '#core/on-any-object.ts'
import { type Regions, RegionsSetting } from '#core/residency/regions.ts'
import { Secret } from '#core/secrets/secret.ts'

const Url = z.url({ protocol: /^https?$/ }).transform(text => new URL(text).origin)

const Jwks = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a JSON Web Key Set' })
      return z.NEVER
    }
  })
  .pipe(PublishedKeys)
  .refine(({ keys }) => keys.length > 0, { error: 'must hold a key' })

const KeyEncryptionKey = z
  .string()
  .refine(text => decode(text, 'base64')?.length === 32, { error: 'must be 32 bytes as base64' })

const YesNo = z.enum(['true', 'false'], { error: 'must be true or false' }).transform(text => text === 'true')

/** Rules as `egress` of a manifest has them, joined by `;`. */
const SandboxEgress = z.string().transform((text, context) => {
  const written = text.split(/[;\n]/).map(rule => rule.trim())
  const rules = written.filter(Boolean).map(readRule)
  for (const [index, rule] of rules.entries())
    if (typeof rule === 'string') context.addIssue({ code: 'custom', message: `rule ${index + 1} ${rule}` })
  return new RuleBook(rules.filter(rule => typeof rule !== 'string'))
})

/** Public keys that approvers sign with. */
const ApproverKeys = z.string().transform((text, context) => {
  const approvers = approversIn(text)
  if (typeof approvers !== 'string') return approvers
  context.addIssue({ code: 'custom', message: approvers })
  return z.NEVER
})

/** The variables the gateway reads, by the names operators set them under. */
const Variables = z
  .object({
    ENVIRONMENT: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, { error: 'must be `local` or the name of an environment' }),
    PUBLIC_URL: Url.optional(),
    ADMIN_URL: Url.optional(),
    ADMIN_ISSUER: z.string().min(1).optional(),
    ADMIN_AUDIENCE: z.string().min(1).optional(),
    ADMIN_TEAMS_CLAIM: z.string().min(1).max(256).default('teams'),
    ADMIN_JWKS: Jwks.optional(),
    GATEWAY_KEK: KeyEncryptionKey.optional(),
    SIGNING_KEYS: z
      .string()
      .superRefine((text, { addIssue }) => {
        for (const { message, path } of SigningKeys.safeParse(text).error?.issues ?? [])
          addIssue({ code: 'custom', message: path.length > 0 ? `${path.join('.')}: ${message}` : message })
      })
      .optional(),
    TOKEN_ISSUER: Url.optional(),
    REGIONS: RegionsSetting.default(new Map()),
    UPSTASH_REDIS_REST_URL: z.url({ protocol: /^https?$/ }).optional(),
    UPSTASH_REDIS_REST_TOKEN: z.string().min(1).optional(),
    TRUSTED_PROXIES: z
      .string()
      .transform((text, context) => {
        const ranges = rangesIn(text)
        if (ranges) return ranges
        context.addIssue({
          code: 'custom',
          message: 'must be addresses or ranges such as 10.0.0.0/8, joined by commas',
        })
        return z.NEVER
      })
      .optional(),
    SWITCHBOARD_REPLICAS: z.coerce.number().int().min(1).max(100).optional(),
    GATEWAY_KEK_PREVIOUS: KeyEncryptionKey.optional(),
    VAULT_ADDR: Url.optional(),
    VAULT_TOKEN: z.string().min(1).max(4_096).optional(),
    EGRESS_DOH: z.url({ protocol: /^https$/, error: 'must be an https URL' }).optional(),
    MODEL_PRICES: ModelPricesSetting.optional(),
    REQUIRE_APPROVAL: YesNo.optional(),
    REQUIRE_SIGNED_ENTRIES: YesNo.optional(),
    REQUIRE_SANDBOX: YesNo.optional(),
    SANDBOX_EGRESS: SandboxEgress.optional(),
    TEAMS_CLAIM: z.string().min(1).max(256).default('teams'),
    APPROVERS_JWKS: ApproverKeys.optional(),
    OPA_URL: z
      .url({ protocol: /^https?$/ })
      .refine(url => /^https:|^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(url), {
        error: 'must be https, or on loopback',
      })
      .optional(),
    OPA_TOKEN: z.string().min(1).max(4_096).optional(),
    OPA_TIMEOUT_MS: z.coerce.number().int().min(10).max(5_000).default(200),
    OPA_ON_ERROR: z.enum(['closed', 'open']).default('closed'),
    OPA_POINTS: z
      .string()
      .default('publish,request')
      .transform(text => text.split(','))
      .pipe(z.array(z.enum(points))),
    METRICS_TOKEN: z.string().min(16, { error: 'must be at least 16 characters' }).optional(),
  })
  .superRefine((value, { addIssue }) => {
    const complain = (path: string, message: string) =>
      addIssue({ code: 'custom', path: [path], input: undefined, message })
    if (!value.ADMIN_ISSUER !== !value.ADMIN_AUDIENCE)
      complain('ADMIN_ISSUER', 'ADMIN_ISSUER and ADMIN_AUDIENCE go together: set both or none')
    const unsafe = value.ADMIN_ISSUER && unfetchable(value.ADMIN_ISSUER, settingOf(value))
    if (unsafe && value.ADMIN_AUDIENCE) complain('ADMIN_ISSUER', unsafe)
    if (value.REQUIRE_SIGNED_ENTRIES && !value.APPROVERS_JWKS)
      complain('APPROVERS_JWKS', 'is required by REQUIRE_SIGNED_ENTRIES: the public keys of those who sign')
    if ((value.VAULT_ADDR === undefined) !== (value.VAULT_TOKEN === undefined))
      complain('VAULT_ADDR', 'VAULT_ADDR and VAULT_TOKEN go together: set both or none')
    if (value.SIGNING_KEYS && !value.TOKEN_ISSUER && !value.PUBLIC_URL)
      complain('TOKEN_ISSUER', 'SIGNING_KEYS needs TOKEN_ISSUER or PUBLIC_URL: a token must say who issued it')
    if (!value.UPSTASH_REDIS_REST_URL !== !value.UPSTASH_REDIS_REST_TOKEN)
      complain('UPSTASH_REDIS_REST_URL', 'goes together with UPSTASH_REDIS_REST_TOKEN: set both or none')
    if (value.ENVIRONMENT === undefined || value.ENVIRONMENT === 'local') return
    if (value.ADMIN_JWKS?.keys) complain('ADMIN_JWKS', 'is for one machine alone: operators sign in at ADMIN_ISSUER')
    if (!value.PUBLIC_URL) complain('PUBLIC_URL', 'is required outside the local environment')
    if (!value.ADMIN_URL) complain('ADMIN_URL', 'is required outside the local environment')
    if (!value.GATEWAY_KEK) complain('GATEWAY_KEK', 'is required outside the local environment')
    if (!value.SIGNING_KEYS) complain('SIGNING_KEYS', 'is required outside the local environment')
    if (value.ADMIN_URL && value.PUBLIC_URL && hostOf(value.ADMIN_URL) === hostOf(value.PUBLIC_URL))
      complain('ADMIN_URL', 'must have a host of its own, apart from PUBLIC_URL')
  }, onAnyObject)

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
    ...settingOf(parsed.data),
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

/** What decides which addresses may be fetched. */
function settingOf({
  ENVIRONMENT,
  PUBLIC_URL,
  ADMIN_URL,
  TOKEN_ISSUER,
}: {
  readonly [Name in 'ENVIRONMENT' | 'PUBLIC_URL' | 'ADMIN_URL' | 'TOKEN_ISSUER']?: string | undefined
}): FetchSetting {
  const hosts = [PUBLIC_URL, ADMIN_URL, TOKEN_ISSUER].flatMap(url => URL.parse(url ?? '')?.host ?? [])
  return { isLocal: ENVIRONMENT === 'local', ownHosts: [...new Set(hosts)] }
}

function opaFrom(url: string, read: z.output<typeof Variables>): OpaSetting {
  const { OPA_TOKEN, OPA_TIMEOUT_MS: timeoutMs, OPA_ON_ERROR: onError, OPA_POINTS: asked } = read
  return { url, timeoutMs, onError, points: asked, ...(OPA_TOKEN && { token: new Secret('OPA_TOKEN', OPA_TOKEN) }) }
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? url
}
