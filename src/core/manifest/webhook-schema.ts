import * as z from 'zod'
import { maxShards } from '#core/delivery/shard.ts'
import { SecretName } from '#core/names.ts'
import { onAnyObject } from '#core/on-any-object.ts'
import { schemes, type VendorScheme } from '#core/webhook/schemes.ts'
import { placeholders } from '#core/webhook/signed-message.ts'
import { SourceLimits } from './limits-schema.ts'
import { MaskingRule } from './masking-schema.ts'
import { HeaderName, JsonPointer } from './patterns.ts'
import { Expression, PayloadSchema } from './payload-rules.ts'

const SignedTemplate = z
  .string()
  .max(256)
  .refine(template => template.includes('{body}'), { error: 'must hold {body}, or the body would not be protected' })
  .refine(
    template =>
      (template.match(/\{[^}]*\}/g) ?? []).every(found => (placeholders as readonly string[]).includes(found)),
    {
      error: `may hold only ${placeholders.join(', ')}`,
    },
  )

/** How a home-made system signs, in words of the same table that the vendors' rows are written in. */
export const HmacOptions = z
  .strictObject({
    header: HeaderName.describe('The header that holds the signature'),
    prefix: z.string().max(64).default('').describe('What stands before the signature in that header'),
    algorithm: z.enum(['hmac-sha256', 'hmac-sha512', 'hmac-sha1']),
    encoding: z.enum(['hex', 'base64']),
    signed: SignedTemplate.default('{body}').describe('What is signed, e.g. "{timestamp}.{body}"'),
    timestamp: HeaderName.optional().describe('The header with the time of signing, in seconds since 1970'),
    id: HeaderName.optional().describe("The header with the sender's event id"),
  })
  .superRefine(({ timestamp, id, signed }, { addIssue }) => {
    if (typeof signed !== 'string') return
    if ((timestamp !== undefined) !== signed.includes('{timestamp}')) {
      addIssue({
        code: 'custom',
        path: ['timestamp'],
        input: timestamp,
        message: 'a timestamp protects only what is signed: name its header and sign {timestamp}, or do neither',
      })
    }
    if (id === undefined && signed.includes('{id}')) {
      addIssue({
        code: 'custom',
        path: ['id'],
        input: id,
        message: 'name the header that {id} in `signed` stands for',
      })
    }
  }, onAnyObject)

export type HmacOptions = z.infer<typeof HmacOptions>

/** When a delivery is tried again; the wait after try n is random up to min(maxSeconds, baseSeconds·2ⁿ⁻¹). */
export const Retry = z.strictObject({
  attempts: z.int().min(1).max(50).default(12),
  baseSeconds: z.int().min(1).max(3600).default(5),
  maxSeconds: z.int().min(1).max(86_400).default(21_600),
  maxAgeSeconds: z.int().min(1).max(604_800).default(259_200),
})

export const Delivery = z.strictObject({
  concurrency: z.int().min(1).max(100).default(10).describe('Deliveries of this source that may be under way at once'),
  perSecond: z
    .number()
    .positive()
    .max(1_000)
    .optional()
    .describe('Deliveries of this source that may start each second'),
  timeoutMs: z.int().min(100).max(60_000).default(15_000).describe('How long the app has to answer one attempt'),
  shards: z
    .int()
    .min(1)
    .max(maxShards)
    .default(1)
    .describe('Mailboxes that the source is spread over in each region; may only grow'),
})

/** What a vendor gets whenever the app does not answer itself. */
const CannedReply = z
  .strictObject({
    status: z.int().min(200).max(299).default(200),
    contentType: z
      .string()
      .max(128)
      .regex(/^[a-z]+\/[a-z0-9.+-]+(?:; ?[a-z-]+=[A-Za-z0-9._-]+)?$/, { error: 'must be a media type' })
      .default('text/plain; charset=utf-8'),
    body: z.string().max(4096).default(''),
  })
  .refine(({ status, body }) => body === '' || ![204, 205].includes(status), {
    path: ['body'],
    error: 'must be empty: an answer of this status has no body',
    ...onAnyObject,
  })

const UpstreamPath = z
  .string()
  .max(1024)
  .regex(/^(?:\/[A-Za-z0-9._~!$&'()*+,=:@%-]*)+(?:\?[A-Za-z0-9._~!$&'()*+,=:@%/?-]*)?$/, {
    error: 'must be an absolute path, as it stands in a URL',
  })
  .refine(path => !/(^|\/)(\.|%2e){1,2}(\/|\?|$)/i.test(path), { error: 'must not hold dot segments' })

/** One vendor's webhook into one app. */
export const WebhookSource = z
  .strictObject({
    scheme: z.enum([...(Object.keys(schemes) as (keyof typeof schemes)[]), 'hmac']),
    secrets: z.array(SecretName).min(1).max(8).describe('All are tried; list the new one beside the old to rotate'),
    toleranceSeconds: z.int().min(1).max(86_400).optional().describe('How far the timestamp may be off, both ways'),
    hmac: HmacOptions.optional(),
    path: UpstreamPath.describe('Where on the upstream deliveries go'),
    mode: z
      .enum(['queue', 'sync'])
      .default('queue')
      .describe('Answer the vendor when the event is kept, or with what the app answers'),
    cannedReply: CannedReply.optional().describe('What the vendor gets instead of the event id'),
    dedupe: z
      .strictObject({
        windowHours: z.int().min(1).max(336).optional().describe("Default: the vendor's retry horizon"),
        by: z
          .enum(['id'])
          .optional()
          .describe('Trust an unsigned event id alone, and take equal bytes under a new id as new'),
      })
      .default({}),
    orderBy: z
      .union([JsonPointer, z.strictObject({ header: HeaderName })], {
        error: 'must be a JSON pointer, or {header: name}',
      })
      .optional()
      .describe('Events with the same value here are delivered one after the other, in the order they came'),
    retentionDays: z.int().min(1).max(90).default(14).describe('How long an event that has ended is kept'),
    when: Expression.optional().describe(
      'CEL over body, headers and source; an event for which it is false is kept but not delivered',
    ),
    masking: MaskingRule.optional().describe('What personal data and secrets become before anything is stored'),
    schema: PayloadSchema.optional().describe('JSON Schema (draft 2020-12) of the payload'),
    limits: SourceLimits.prefault({}),
    sign: z.enum(['standard']).default('standard'),
    retry: Retry.prefault({}),
    delivery: Delivery.prefault({}),
  })
  .superRefine(({ scheme, hmac, toleranceSeconds, retry, retentionDays, dedupe, delivery, orderBy }, { addIssue }) => {
    const complain = (path: string, message: string, input: unknown) =>
      addIssue({ code: 'custom', path: [path], input, message })
    if (scheme === 'hmac' && !hmac) complain('hmac', 'is required by `scheme: hmac`', undefined)
    if (isVendor(scheme) && hmac) complain('hmac', 'only `scheme: hmac` takes these options', hmac)
    const isUntimed = isVendor(scheme) ? !('timestamp' in schemes[scheme]) : hmac && !hmac.timestamp
    if (toleranceSeconds !== undefined && isUntimed) {
      complain(
        'toleranceSeconds',
        'this scheme signs no timestamp, so a tolerance would protect nothing',
        toleranceSeconds,
      )
    }
    if (delivery?.shards > 1 && delivery.shards > delivery.concurrency) {
      complain('delivery', 'shards must not exceed concurrency: each shard delivers its share of it', delivery)
    }
    if (delivery?.shards > 1 && typeof orderBy === 'object') {
      const message =
        'must be a JSON pointer where there are several shards: a header is not signed, and a replay under another would come to another shard'
      complain('orderBy', message, orderBy)
    }
    if (retry?.baseSeconds > retry?.maxSeconds) complain('retry', 'baseSeconds must not exceed maxSeconds', retry)
    const windowHours = dedupe?.windowHours ?? (isVendor(scheme) ? schemes[scheme].dedupeHours : 0)
    if (retentionDays * 24 < windowHours) {
      const message = `must cover the dedupe window of ${windowHours} hours: what is forgotten is known as no duplicate`
      complain('retentionDays', message, retentionDays)
    }
  }, onAnyObject)

/** Not every text is: the check runs beside faults too. */
function isVendor(scheme: string): scheme is VendorScheme {
  return Object.hasOwn(schemes, scheme)
}

export type WebhookSource = z.infer<typeof WebhookSource>
