import * as z from 'zod'
import { HeaderName } from './patterns.ts'

const ClaimName = z.string().min(1).max(256)

const Canary = z.strictObject({
  percent: z.number().min(0).max(100).default(0).describe('The share of callers that the canary answers'),
  by: z
    .array(
      z.union([z.enum(['sub', 'ip']), z.strictObject({ claim: ClaimName }), z.strictObject({ header: HeaderName })], {
        error: 'must be sub, ip, {claim: name} or {header: name}',
      }),
    )
    .min(1)
    .max(8)
    .default(['sub', 'ip'])
    .describe('What a caller is known again by: the first of these that the request has'),
  audience: z
    .strictObject({ claim: ClaimName, values: z.array(z.string().min(1).max(256)).min(1).max(100) })
    .optional()
    .describe('Callers whose token says so always get the canary'),
  header: HeaderName.optional().describe('Testers choose by this header: `canary` or `stable`'),
  abortMarginPercent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("The canary is called off when its share of failures exceeds stable's by more than this"),
})

export type Canary = z.infer<typeof Canary>

/** Which callers the next release of the app answers. */
export const Rollout = z.strictObject({ canary: Canary })
