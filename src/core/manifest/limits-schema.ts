import * as z from 'zod'

/** What an app may send at most, whatever its manifest says: 25 MiB. */
export const maxBodyBytes = 26_214_400

const LimitName = z
  .string()
  .max(32)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error: 'must be lower-case words joined by single hyphens' })

const Units = z.int().min(1).max(1_000_000_000)

/** One limit: so many units in a window, for each caller, for the app as a whole, or for each address. */
const Rate = z.strictObject({
  name: LimitName.describe('How `RateLimit` names it'),
  limit: Units.describe('Units that may pass in the window; a request is one, unless its route says `cost`'),
  windowSeconds: z.int().min(1).max(2_678_400),
  per: z.enum(['caller', 'app', 'ip']).default('caller').describe('Whose requests are counted together'),
  algorithm: z
    .enum(['sliding', 'bucket'])
    .default('sliding')
    .describe('sliding: no stretch of the window holds more; bucket: the limit at once, then refilled evenly'),
})

export type Rate = z.infer<typeof Rate>

/** A route that is limited asks each of its limits in turn, so there are few. */
export const RateList = z
  .array(Rate)
  .max(8)
  .superRefine((rates, { addIssue }) => {
    const names = rates.map(rate => rate?.name)
    for (const [index, name] of names.entries()) {
      if (typeof name !== 'string' || names.indexOf(name) === index) continue
      addIssue({ code: 'custom', path: [index, 'name'], input: name, message: 'names two limits' })
    }
  })
  .default([])

const OnError = z.enum(['open', 'closed']).default('closed')

export type OnError = z.infer<typeof OnError>

/** What a vendor may push into one source. */
export const SourceLimits = z.strictObject({ rate: RateList.describe('Limits of this source') })

/** What may pass into and out of an app. */
export const Limits = z.strictObject({
  rate: RateList.describe('Limits of `/apps` and `/egress`'),
  concurrency: z.int().min(1).max(100_000).optional().describe('Requests of `/apps` that may be under way at once'),
  quota: z
    .array(z.strictObject({ limit: Units, per: z.enum(['day', 'month']) }))
    .max(2)
    .refine(quotas => new Set(quotas.map(quota => quota?.per)).size === quotas.length, {
      error: 'names a day or a month twice',
    })
    .default([])
    .describe('Units that may pass in a calendar day or month of UTC'),
  bodyBytes: z.int().min(1).max(maxBodyBytes).default(10_485_760),
  onError: OnError.describe('While the store of the limits is away: let a quarter pass, or nothing'),
})
