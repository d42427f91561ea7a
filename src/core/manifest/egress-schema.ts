import * as z from 'zod'
import { ModelPrices } from '#core/egress/cost/prices.ts'
import { readRule } from '#core/egress/rule.ts'
import { RegionName } from '#core/names.ts'
import { Credential } from './egress-credential.ts'
import { Guards } from './guard-schema.ts'
import { MaskingRule } from './masking-schema.ts'

/** Where, in the grammar of `src/core/egress/rule.ts`. */
const To = z
  .string()
  .max(1024)
  .superRefine((text, { addIssue }) => {
    const rule = readRule(text)
    if (typeof rule !== 'string') return
    const remedy = 'Write e.g. "GET,POST https://api.example.com/v1/*"; docs/egress.md has the whole grammar.'
    addIssue({ code: 'custom', input: text, message: rule, params: { remedy } })
  })

/** What may be spent in a calendar day of UTC under one rule, by all isolates together. */
const Budget = z
  .strictObject({
    requestsPerDay: z.int().min(1).max(1_000_000_000).optional(),
    bytesPerDay: z.int().min(1).max(1_000_000_000_000).optional().describe('Bodies of requests and answers together'),
    usdPerDay: z.number().positive().max(1_000_000).optional(),
    usdPerRequest: z.number().min(0).max(1_000).optional().describe('A price for each request, instead of tokens'),
    prices: ModelPrices.default({}).describe("By the beginning of a model's name"),
  })
  .prefault({})

/** How many requests may go out under one rule. */
const Rate = z.strictObject({
  limit: z.int().min(1).max(1_000_000_000),
  windowSeconds: z.int().min(1).max(2_678_400),
  algorithm: z.enum(['sliding', 'bucket']).default('sliding'),
})

/** One way out. */
export const EgressRule = z.strictObject({
  to: To.describe('Where: [METHOD[,METHOD] ]https://host[:port][/path]'),
  credential: Credential.optional().describe('What the gateway proves the app with; the app never sees it'),
  masking: MaskingRule.optional().describe('What personal data and secrets become on this way out'),
  guards: Guards.optional().describe('What looks at a prompt before it leaves for a model'),
  region: RegionName.optional().describe('Where the outside keeps what it is sent'),
  budget: Budget,
  rate: Rate.optional(),
  concurrency: z.int().min(1).max(100_000).optional().describe('Requests that may be under way at once'),
  mode: z
    .enum(['enforce', 'shadow', 'off'])
    .default('enforce')
    .describe('In shadow what matches passes without credential and is recorded as would-deny; off is as if not there'),
  timeoutMs: z
    .int()
    .min(100)
    .max(900_000)
    .default(100_000)
    .describe('How long the outside has to begin its answer, and how long the answer may pause'),
  maxBytes: z
    .int()
    .min(1)
    .max(5_368_709_120)
    .default(1_073_741_824)
    .describe('The largest answer; past it the answer breaks off'),
  followRedirects: z
    .boolean()
    .default(true)
    .describe('Whether the gateway follows redirects, or hands them to the app'),
})

export type EgressRule = z.infer<typeof EgressRule>

/** An app's ways out, all of them. */
export const Egress = z.array(EgressRule).max(1_000, { error: 'more than 1000 rules' }).default([])
