import * as z from 'zod'
import { isSafe } from '#core/api/methods.ts'
import { parameterName } from '#core/api/route-table.ts'
import { isPassedHeader } from '#core/forward/header-names.ts'
import { onAnyObject } from '#core/on-any-object.ts'
import { disagreements } from './api-checks.ts'
import { Issuer } from './identity-schema.ts'
import { ContractDocument, PayloadSchema } from './payload-rules.ts'

/** The methods a route may take. TRACE and CONNECT are none of an app's business. */
export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

const maxRoutes = 500
const maxSegments = 32

const segment = /^(?:[A-Za-z0-9._~!$&'()+,=:@%-]*|\{[A-Za-z][A-Za-z0-9_]{0,62}\})$/

/** `/v1/places`, `/v1/places/{id}`, `/public/*`. */
export const RoutePath = z
  .string()
  .max(1024)
  .regex(/^\//, { error: 'must begin with a slash' })
  .superRefine((path, { addIssue }) => {
    const complain = (message: string, remedy: string) =>
      addIssue({ code: 'custom', input: path, message, params: { remedy } })
    const segments = path.slice(1).split('/')
    const plain = segments.at(-1) === '*' ? segments.slice(0, -1) : segments
    if (plain.some(part => part.includes('*')))
      return complain('holds a `*` that is not its last segment', 'Write `*` alone, after the last slash.')
    if (!plain.every(part => segment.test(part)))
      return complain(
        'holds a segment that is neither plain text nor one {parameter}',
        'Write each segment as it stands in a URL, or as `{name}` alone.',
      )
    if (segments.length > maxSegments) return complain(`has more than ${maxSegments} segments`, 'Shorten the path.')
    if (plain.slice(0, -1).includes('') || (plain.at(-1) === '' && segments.at(-1) === '*' && plain.length > 0))
      return complain('holds an empty segment', 'Remove the doubled slash.')
    if (/\.\.|(?:^|\/)\.(?:\/|$)|%(?:2e|2f|5c|3b|[01][0-9a-f]|7f)|%(?![0-9a-f]{2})/i.test(path))
      return complain(
        'holds dots or escapes that no request may hold',
        'Such a path is `route-unknown` at the door; write another.',
      )
    const names = plain.flatMap(part => parameterName(part) ?? [])
    if (new Set(names).size < names.length)
      complain('names a parameter twice', 'Give each parameter a name of its own.')
  })

const HeaderName = z
  .string()
  .max(128)
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/, { error: 'must be the name of an HTTP header, in lower case' })

const HeaderValue = z
  .string()
  .max(1024)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, { error: 'must be printable ASCII without spaces around it' })

/** Headers that carry a secret, which has no place in a manifest. */
const secretHeaders = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie']

const HeaderRules = z
  .strictObject({
    set: z.record(HeaderName, HeaderValue).default({}).describe('Headers put in place, whatever was sent'),
    remove: z.array(HeaderName).max(32).default([]).describe('Headers taken out'),
  })
  .superRefine(({ set, remove }, { addIssue }) => {
    const named = [
      ...Object.keys(set ?? {}).map(name => ['set', name]),
      ...(remove ?? []).map(name => ['remove', name]),
    ]
    for (const [verb = '', name = ''] of named) {
      const reason =
        !isPassedHeader(name) || name === 'host'
          ? 'is a header of the connection or of the gateway'
          : verb === 'set' && secretHeaders.includes(name)
            ? 'carries a secret, which has no place in a manifest'
            : undefined
      if (reason)
        addIssue({
          code: 'custom',
          path: [verb],
          input: name,
          message: `${name} ${reason}`,
          params: { remedy: 'Leave it out.' },
        })
    }
    if (Object.keys(set ?? {}).length > 32)
      addIssue({ code: 'custom', path: ['set'], input: set, message: 'more than 32 headers' })
  }, onAnyObject)

/** A scope as tokens spell it (RFC 6749 §3.3). */
const Scope = z
  .string()
  .max(128)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: 'must be printable ASCII without spaces, quotes and backslashes' })

/** One route of an app's API. */
export const ApiRoute = z
  .strictObject({
    path: RoutePath.describe('Exact, with {parameters}, or with a final *; the most specific wins'),
    methods: z.array(z.enum(methods)).min(1).max(methods.length).describe('GET takes HEAD with it'),
    auth: z.literal('none').optional().describe('Whoever asks may enter, without a token'),
    scopes: z.array(Scope).max(32).default([]).describe('What a token must grant: all of these'),
    timeoutMs: z.int().min(100).max(120_000).default(30_000).describe('How long the app has to begin its answer'),
    idempotency: z
      .enum(['required', 'optional'])
      .optional()
      .describe('Whether a request must, or may, carry an `Idempotency-Key`'),
    cost: z.int().min(1).max(1_000_000).default(1).describe('Units that a request takes of each limit'),
    bodyBytes: z.int().min(0).max(26_214_400).optional().describe('Instead of limits.bodyBytes'),
    schema: PayloadSchema.optional().describe('JSON Schema (draft 2020-12) of the request body'),
    responseSchema: PayloadSchema.optional().describe('The same of answers with a status from 200 to 299'),
    headers: z
      .strictObject({ request: HeaderRules.optional(), response: HeaderRules.optional() })
      .optional()
      .describe('What is put into, or taken out of, the headers on their way'),
  })
  .refine(({ idempotency, methods }) => idempotency === undefined || !methods?.every(isSafe), {
    path: ['idempotency'],
    error: 'protects nothing: every method of the route may be repeated as it is',
    ...onAnyObject,
  })

export type ApiRoute = z.infer<typeof ApiRoute>

const Origin = z.string().superRefine((text, { addIssue }) => {
  if (text === '*' || URL.parse(text)?.origin === text) return
  const remedy = 'Write scheme, host and port alone, as browsers send it: https://portal.example.com.'
  addIssue({ code: 'custom', input: text, message: 'is not an origin', params: { remedy } })
})

/** Which pages of other origins may call the app from a browser. */
export const Cors = z
  .strictObject({
    origins: z.array(Origin).min(1).max(50),
    credentials: z.boolean().default(false).describe('Whether browsers may send cookies along'),
    exposeHeaders: z.array(HeaderName).max(32).default([]).describe('Headers of the app that pages may read'),
    maxAgeSeconds: z.int().min(0).max(86_400).default(600).describe('How long a browser remembers the answer'),
  })
  .refine(({ origins, credentials }) => !credentials || !origins?.includes('*'), {
    path: ['origins'],
    error: 'with `credentials` each origin must be named: any page could act for whoever reads it',
    ...onAnyObject,
  })

export type Cors = z.infer<typeof Cors>

/** How an app's API is called. */
export const Api = z
  .strictObject({
    issuers: z.array(Issuer).max(8).default([]).describe('Who signs the tokens of callers'),
    routes: z.array(ApiRoute).min(1).max(maxRoutes),
    cors: Cors.optional(),
    openapi: ContractDocument.optional().describe("The app's OpenAPI 3.1 document; requests and answers must fit it"),
  })
  .superRefine((api, { addIssue }) => {
    for (const { remedy, ...issue } of disagreements(api)) addIssue({ code: 'custom', ...issue, params: { remedy } })
  }, onAnyObject)

export type Api = z.infer<typeof Api>
