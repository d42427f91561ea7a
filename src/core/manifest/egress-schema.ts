import * as z from 'zod'
import { readRule } from '#core/egress/rule.ts'
import { RegionName } from '#core/names.ts'
import { Credential } from './egress-credential.ts'

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

/** One way out. */
export const EgressRule = z.strictObject({
  to: To.describe('Where: [METHOD[,METHOD] ]https://host[:port][/path]'),
  credential: Credential.optional().describe('What the gateway proves the app with; the app never sees it'),
  region: RegionName.optional().describe('Where the outside keeps what it is sent'),
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
