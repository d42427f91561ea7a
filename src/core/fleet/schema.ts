import * as z from 'zod'
import { AppName } from '#core/names.ts'

/** How much a broken rule weighs: what broke it is refused, somebody is told, or it is recorded. Heaviest first. */
export const weights = ['Deny', 'Warn', 'Audit'] as const

export type Weight = (typeof weights)[number]

/** Where rules are asked: about manifests before they are published, and about requests at the doors. */
export const points = ['publish', 'request'] as const

export type Point = (typeof points)[number]

/** Who answers for a rule; a refusal names it. */
const layers = ['org', 'domain', 'team'] as const

const RuleName = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error: 'must be lower-case words joined by single hyphens' })

/** Its length and nesting are bounded by the engine (`src/core/cel/limits.ts`). */
const Expression = z.string().min(1)

const Words = z.string().trim().min(1).max(512)

const Validation = z
  .strictObject({
    id: RuleName,
    expression: Expression.describe('CEL; true where all is as it should be'),
    path: z
      .string()
      .max(256)
      .regex(/^(?:metadata|spec)(?:\.\w+)*$/, { error: 'must be a path such as spec.lifecycle.ttlDays' })
      .default('spec')
      .describe('What a finding in a manifest is shown at'),
    message: Words.optional().describe('What is wrong, in plain words'),
    messageExpression: Expression.optional().describe(
      'CEL that writes what is wrong; `message` stands in where it fails',
    ),
    remediation: Words.describe('What to do about it'),
  })
  .refine(({ message, messageExpression }) => message !== undefined || messageExpression !== undefined, {
    error: 'says nothing',
    path: ['message'],
    params: { remedy: 'Add a `message`, or a `messageExpression`.' },
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
      request: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Merged over a plain GET at /apps; for rules at the point `request`'),
      org: z.record(z.string(), z.unknown()).default({}).describe('Merged over the values of the fleet'),
    })
    .prefault({}),
  expect: z.enum(['allow', 'deny']),
})

/** One rule of an operator's over manifests or requests, as its author writes it. */
export const FleetRuleSource = z.strictObject({
  apiVersion: z.literal('gatehouse/v1'),
  kind: z.literal('Policy'),
  metadata: z.strictObject({ name: RuleName }),
  spec: z
    .strictObject({
      layer: z.enum(layers).describe('Who answers for the rule'),
      points: z
        .array(z.enum(points))
        .min(1)
        .refine(given => new Set(given).size === given.length, { error: 'names a point twice' })
        .describe('Where it is asked'),
      match: Expression.default('true').describe('CEL; the rule concerns that for which it is true'),
      failurePolicy: z
        .enum(weights)
        .default('Deny')
        .describe('What an expression that ends in an error weighs; never less than `action`'),
      action: z.enum(weights),
      validations: z.array(Validation).min(1).max(20),
      exceptions: z.array(Exception).max(100).default([]),
      tests: z.array(Test).min(2).max(50),
    })
    .refine(({ failurePolicy, action }) => weights.indexOf(failurePolicy) <= weights.indexOf(action), {
      error: 'weighs less than `action`, so that an error would let pass what the rule denies',
      path: ['failurePolicy'],
      params: { remedy: 'Leave it out, or make it as heavy as `action`.' },
    }),
})

export type FleetRuleSource = z.infer<typeof FleetRuleSource>

/** Values of the operator's that rules read as `org`: allowed places, apps at risk. */
export const PolicyDataSource = z.strictObject({
  apiVersion: z.literal('gatehouse/v1'),
  kind: z.literal('PolicyData'),
  metadata: z.strictObject({ name: RuleName }),
  spec: z.strictObject({
    values: z
      .record(z.string().regex(/^[a-zA-Z]\w{0,62}$/, { error: 'must be a name such as minimalEgress' }), z.unknown())
      .describe('Read by rules as org.<name>'),
  }),
})

export type PolicyDataSource = z.infer<typeof PolicyDataSource>
