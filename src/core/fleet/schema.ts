import * as z from 'zod'
import { AppName } from '#core/names.ts'

/** How much a broken rule weighs: the manifest is refused, its author is told, or it is recorded. */
export const weights = ['Deny', 'Warn', 'Audit'] as const

export type Weight = (typeof weights)[number]

const RuleName = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error: 'must be lower-case words joined by single hyphens' })

/** Its length and nesting are bounded by the engine (`src/core/cel/limits.ts`). */
const Expression = z.string().min(1)

const Words = z.string().trim().min(1).max(512)

const Validation = z.strictObject({
  id: RuleName,
  expression: Expression.describe('CEL; true where the manifest is as it should be'),
  path: z
    .string()
    .max(256)
    .regex(/^(?:metadata|spec)(?:\.\w+)*$/, { error: 'must be a path such as spec.lifecycle.ttlDays' })
    .default('spec')
    .describe('What the finding is shown at'),
  message: Words.describe('What is wrong, in plain words'),
  remediation: Words.describe('What to do about it'),
})

const Exception = z.strictObject({
  app: AppName,
  owner: Words.describe('Who answers for it'),
  reason: Words,
  until: z.iso
    .date({ error: 'must be a date such as 2027-02-28' })
    .describe('The last day, of UTC, on which it counts'),
})

const Test = z.strictObject({
  name: Words,
  input: z
    .strictObject({
      app: z.record(z.string(), z.unknown()).default({}).describe('Merged over a plain manifest (RFC 7396)'),
      environment: z.string().max(63).default('production'),
    })
    .prefault({}),
  expect: z.enum(['allow', 'deny']),
})

/** One rule of an operator's over manifests, as its author writes it. */
export const FleetRuleSource = z.strictObject({
  apiVersion: z.literal('gatehouse/v1'),
  kind: z.literal('Policy'),
  metadata: z.strictObject({ name: RuleName }),
  spec: z.strictObject({
    layer: z.enum(['org', 'domain', 'team']).describe('Who answers for the rule'),
    points: z.array(z.enum(['publish'])).length(1),
    match: Expression.default('true').describe('CEL; the rule concerns the manifests for which it is true'),
    failurePolicy: z.enum(weights).default('Deny').describe('What an expression that ends in an error weighs'),
    action: z.enum(weights),
    validations: z.array(Validation).min(1).max(20),
    exceptions: z.array(Exception).max(100).default([]),
    tests: z.array(Test).min(2).max(50),
  }),
})

export type FleetRuleSource = z.infer<typeof FleetRuleSource>
