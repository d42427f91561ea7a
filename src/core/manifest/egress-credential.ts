import * as z from 'zod'
import { SecretName } from '#core/names.ts'
import { onAnyObject } from '#core/on-any-object.ts'

const HeaderName = z
  .string()
  .max(128)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'must be the name of an HTTP header' })
  .refine(name => !/^(?:host|content-length|connection|transfer-encoding|cf-.*|gatehouse-.*)$/i.test(name), {
    error: 'is a header that the gateway itself writes',
  })

const Word = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\x21-\x7e]+$/, { error: 'must be visible ASCII without spaces' })

const Secret = SecretName.describe('The name of the secret, never its value')

const bearer = z.strictObject({ as: z.literal('bearer'), secret: Secret })

const header = z.strictObject({
  as: z.literal('header'),
  secret: Secret,
  name: HeaderName,
  prefix: z.string().max(64).default('').describe('What stands before the secret, e.g. "Token "'),
})

const basic = z.strictObject({
  as: z.literal('basic'),
  secret: Secret,
  user: z
    .string()
    .max(256)
    .regex(/^[^:\p{Cc}]*$/u, { error: 'must not hold a colon or a control character' })
    .optional()
    .describe('Then the secret is the password; without it the secret reads `user:password`'),
})

const query = z.strictObject({ as: z.literal('query'), secret: Secret, name: Word.describe('The parameter') })

/** What a signature of a request may cover. */
export const signedParts = ['{method}', '{host}', '{path}', '{query}', '{url}', '{timestamp}', '{body}'] as const

const hmac = z
  .strictObject({
    as: z.literal('hmac'),
    secret: Secret,
    name: HeaderName.describe('The header that takes the signature'),
    prefix: z.string().max(64).default(''),
    algorithm: z.enum(['hmac-sha256', 'hmac-sha512', 'hmac-sha1']),
    encoding: z.enum(['hex', 'base64']),
    signed: z
      .string()
      .max(256)
      .refine(
        text => (text.match(/\{[^}]*\}/g) ?? []).every(part => (signedParts as readonly string[]).includes(part)),
        {
          error: `may hold only ${signedParts.join(', ')}`,
        },
      )
      .describe('What is signed, e.g. "{timestamp}.{method}.{path}.{body}"'),
    timestamp: HeaderName.optional().describe('The header that takes the time of signing, in seconds since 1970'),
  })
  .superRefine(({ timestamp, signed }, { addIssue }) => {
    if (typeof signed !== 'string' || (timestamp !== undefined) === signed.includes('{timestamp}')) return
    const message = 'a timestamp protects only what is signed: name its header and sign {timestamp}, or do neither'
    addIssue({ code: 'custom', path: ['timestamp'], input: timestamp, message })
  }, onAnyObject)

const sigv4 = z.strictObject({
  as: z.literal('sigv4'),
  secret: SecretName.describe('The name of the secret access key'),
  accessKeyId: Word,
  sessionToken: SecretName.optional().describe('The name of the session token, for temporary keys'),
  region: Word.describe("AWS's region, e.g. eu-central-1"),
  service: Word.describe("AWS's name of the service, e.g. s3"),
})

const oauth2 = z.strictObject({
  as: z.literal('oauth2'),
  secret: SecretName.describe("The name of the client's secret"),
  tokenUrl: z.string().max(2048).describe('The token endpoint; checked like every URL that the gateway fetches'),
  clientId: Word,
  scopes: z.array(Word).max(50).default([]),
  audience: z.string().min(1).max(2048).optional(),
  clientAuth: z.enum(['basic', 'post']).default('basic').describe('Where the client proves itself (RFC 6749 §2.3.1)'),
})

/** How the gateway proves the app to the outside, so that the app holds no secret. One row per way. */
export const Credential = z.discriminatedUnion('as', [bearer, header, basic, query, hmac, sigv4, oauth2])

export type Credential = z.infer<typeof Credential>

/** The credentials of one kind. */
export type CredentialAs<Kind extends Credential['as']> = Extract<Credential, { as: Kind }>

/** Every secret that a credential needs, by name. */
export function secretsOf(credential: Credential): string[] {
  return credential.as === 'sigv4' && credential.sessionToken
    ? [credential.secret, credential.sessionToken]
    : [credential.secret]
}
