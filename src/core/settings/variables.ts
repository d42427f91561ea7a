import * as z from 'zod'
import { ModelPricesSetting } from '#core/egress/cost/prices.ts'
import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import { readRule } from '#core/egress/rule.ts'
import { RuleBook } from '#core/egress/rule-book.ts'
import { decode } from '#core/encoding.ts'
import { points } from '#core/fleet/schema.ts'
import { JwksText } from '#core/identity/jwks-text.ts'
import { PublishedKeys } from '#core/identity/key-set.ts'
import { SigningKeys } from '#core/identity/token-keys.ts'
import { rangesIn } from '#core/limits/address.ts'
import { approversIn } from '#core/manifest/approvers.ts'
import { onAnyObject } from '#core/on-any-object.ts'
import { RegionsSetting } from '#core/residency/regions.ts'

const Url = z.url({ protocol: /^https?$/ }).transform(text => new URL(text).origin)

const Jwks = JwksText.pipe(PublishedKeys).refine(({ keys }) => keys.length > 0, { error: 'must hold a key' })

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
export const Variables = z
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
    const unsafe = value.ADMIN_ISSUER && unfetchable(value.ADMIN_ISSUER, fetchSettingOf(value))
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

/** What decides which addresses may be fetched. */
export function fetchSettingOf({
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

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? url
}
