import * as z from 'zod'
import { secretName } from '#core/secrets/secret.ts'

const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** An app's name; it stands in URLs, keys and event ids, so its alphabet is small. */
export const AppName = z
  .string()
  .max(63, { error: 'longer than 63 characters' })
  .regex(kebab, { error: 'must be lower-case words joined by single hyphens, starting with a letter' })

/** The name of a webhook source within its app. */
export const SourceName = AppName

/** A region as the operator names it. `any` stands for none: it is part of event ids. */
export const RegionName = z
  .string()
  .max(32, { error: 'longer than 32 characters' })
  .regex(kebab, { error: 'must be lower-case words joined by single hyphens, starting with a letter' })
  .refine(name => name !== 'any', { error: 'stands for no region at all' })

/** The name of a secret within its app. */
export const SecretName = z
  .string()
  .max(63, { error: 'longer than 63 characters' })
  .regex(secretName, { error: 'must be the name of a secret (lower-case words joined by hyphens), never its value' })

/** Whether a text from a URL can be an app's name at all; nothing is looked up for one that cannot. */
export function isAppName(text: string): boolean {
  return text.length <= 63 && kebab.test(text)
}
