import * as z from 'zod'
import { actions, defaultKeepLast } from '#core/masking/action.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { onAnyObject } from '#core/on-any-object.ts'
import { compilePattern } from '#core/pattern.ts'

/** A JSON pointer (RFC 6901) with `*` for one segment and `**` for any number of them. */
const FieldPointer = z
  .string()
  .max(256)
  .regex(/^(?:\/(?:[^/~]|~[01])+)+$/, { error: 'must be a JSON pointer such as /customer/taxId, perhaps with * or **' })
  .refine(pointer => pointer.split('/').filter(segment => segment === '**').length <= 2, {
    error: 'must not hold ** more than twice',
  })

const Scope = z
  .string()
  .max(128)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: 'must be one scope, as it stands in a token' })

const OwnName = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)

const HeaderName = z
  .string()
  .max(128)
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/, { error: 'must be the name of an HTTP header, in lower case' })

const OwnPattern = z
  .string()
  .min(1)
  .max(512)
  .superRefine((pattern, { addIssue }) => {
    const compiled = compilePattern(pattern)
    if (typeof compiled === 'string') addIssue({ code: 'custom', input: pattern, message: compiled })
  })

/** What personal data and secrets become on one way: in, out, or to one destination. */
export const MaskingRule = z
  .strictObject({
    entities: z.array(z.enum(entityTypes)).max(entityTypes.length).default([]).describe('What to look for'),
    fields: z
      .record(FieldPointer, z.enum(actions))
      .refine(fields => Object.keys(fields).length <= 100, { error: 'more than 100 fields' })
      .default({})
      .describe('What becomes of a field whatever it holds, and of all below it; the one written first wins'),
    action: z.enum(actions).default('redact').describe('What becomes of what was found'),
    keepLast: z.int().min(0).max(8).default(defaultKeepLast).describe('Characters that `mask` leaves at the end'),
    patterns: z
      .array(z.strictObject({ name: OwnName, pattern: OwnPattern }))
      .max(20)
      .optional()
      .describe('Patterns of your own, in the syntax of RE2'),
    dictionaries: z
      .array(z.strictObject({ name: OwnName, words: z.array(z.string().min(2).max(100)).min(1).max(5_000) }))
      .max(5)
      .optional()
      .describe('Words and phrases of your own'),
    headers: z.array(HeaderName).max(20).default([]).describe('Headers of the request whose values are looked at too'),
    unknown: z
      .enum(['deny', 'pass'])
      .default('deny')
      .describe('What becomes of a body that cannot be read: of another type, compressed, too large, malformed'),
    restore: z.boolean().default(false).describe('Puts originals back where an answer holds tokens of its request'),
    exemptScopes: z.array(Scope).min(1).max(20).optional().describe('Callers with one of these scopes get originals'),
  })
  .superRefine(({ entities, fields, action, patterns, dictionaries, restore, keepLast }, { addIssue }) => {
    const complain = (path: string, message: string, input: unknown) =>
      addIssue({ code: 'custom', path: [path], input, message })
    const used = [action, ...Object.values(fields ?? {})]
    if (!entities?.length && !patterns && !dictionaries && Object.keys(fields ?? {}).length === 0) {
      complain(
        'entities',
        'names nothing to look for: list types here, or give fields, patterns or dictionaries',
        entities,
      )
    }
    if (new Set(entities).size !== entities?.length) complain('entities', 'names a type twice', entities)
    if (restore && !used.includes('tokenize'))
      complain('restore', 'only tokens can be restored: set action: tokenize', restore)
    if (keepLast !== defaultKeepLast && !used.includes('mask'))
      complain('keepLast', 'only `mask` keeps characters', keepLast)
  }, onAnyObject)

export type MaskingRule = z.infer<typeof MaskingRule>
