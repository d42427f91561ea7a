import * as z from 'zod'
import { onAnyObject } from '#core/on-any-object.ts'

const OnError = z.enum(['closed', 'open'])

/** What becomes of a text that holds what injections are known by. */
const Injection = z.enum(['deny', 'record'])

/** Something else that looks at a prompt: an analyzer that answers as Presidio's does. */
const RemoteGuard = z.strictObject({
  url: z.string().max(2048).describe('Where it takes `{text, language, entities?, score_threshold?}` by POST'),
  timeoutMs: z.int().min(50).max(30_000).default(2_000).describe('How long it has for its whole answer'),
  onError: OnError.default('closed').describe(
    'Whether it goes on when the analyzer does not answer, or not in its form',
  ),
  language: z
    .string()
    .regex(/^[a-z]{2}$/, { error: 'must be two letters' })
    .default('en'),
  entities: z
    .array(z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/, { error: 'must be a type such as PERSON' }))
    .min(1)
    .max(50)
    .optional()
    .describe('Types to ask for; absent: what it knows'),
  scoreThreshold: z.number().min(0).max(1).default(0.5).describe('Findings below it are left out'),
  action: z.enum(['redact', 'tokenize', 'deny', 'record']).default('redact').describe('What a finding leads to'),
})

export type RemoteGuard = z.infer<typeof RemoteGuard>

/** What looks at an answer of a model before it reaches the app. */
const AnswerGuards = z
  .strictObject({
    promptInjection: Injection.optional().describe('What becomes of an answer that holds what injections are known by'),
    remote: RemoteGuard.extend({
      action: z.enum(['deny', 'record']).default('deny').describe('What a finding leads to'),
    }).optional(),
    onError: z
      .strictObject({ promptInjection: OnError.optional() })
      .optional()
      .describe('Whether an answer goes on that the guard cannot read; by default it does not'),
  })
  .refine(({ promptInjection, remote } = {}) => promptInjection !== undefined || remote !== undefined, {
    error: 'names no guard',
    ...onAnyObject,
  })

export type AnswerGuards = z.infer<typeof AnswerGuards>

/** What looks at a prompt before it leaves for a model, and at the answer. */
export const Guards = z
  .strictObject({
    models: z
      .array(z.string().min(1).max(128))
      .min(1)
      .max(50)
      .optional()
      .describe('Models that may be asked, by their whole name'),
    maxPromptTokens: z.int().min(1).max(10_000_000).optional().describe('Tokens of the prompt, as estimated'),
    promptInjection: Injection.optional().describe('What becomes of a prompt that holds what injections are known by'),
    remote: RemoteGuard.optional(),
    onError: z
      .strictObject({
        models: OnError.optional(),
        maxPromptTokens: OnError.optional(),
        promptInjection: OnError.optional(),
      })
      .optional()
      .describe('Whether a body goes on that a guard cannot read; by default it does not'),
    after: AnswerGuards.optional(),
  })
  .refine(({ onError: _, ...guards } = {}) => Object.values(guards).some(guard => guard !== undefined), {
    error: 'names no guard',
    ...onAnyObject,
  })

export type Guards = z.infer<typeof Guards>
