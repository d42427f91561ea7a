import * as z from 'zod'
import { shelfNames } from '#core/delivery/purge.ts'
import { SourceName } from '#core/names.ts'
import { Why } from './call.ts'

/** What is to be forgotten: all events of an app, those of a source, or those about one person. */
export const PurgeOrder = z.strictObject({
  source: SourceName.optional(),
  subject: z
    .strictObject({
      pointer: z
        .string()
        .max(256)
        .regex(/^(?:\/(?:[^/~]|~[01])*)+$/, { error: 'must be a JSON pointer' }),
      value: z.union([z.string().max(1024), z.number()]),
    })
    .optional(),
  cursor: z
    .string()
    .max(1024)
    .refine(text => shelfNames.some(name => text.startsWith(`${name} `)), {
      error: 'must be the `next` of an earlier answer',
    })
    .optional(),
  reason: Why,
})
