import * as z from 'zod'
import { algorithmNames } from '#core/identity/algorithms.ts'
import { SecretName } from '#core/names.ts'

/** An issuer's name is compared character by character, and is the address at which it is discovered. */
const IssuerName = z
  .string()
  .max(2048)
  .regex(/^[^?#]*$/, { error: 'must not hold a query or fragment' })

/** Who may sign the tokens of an API's callers, and what such a token must say. */
export const Issuer = z.strictObject({
  issuer: IssuerName.describe('The `iss` of its tokens, and where it is discovered'),
  audiences: z
    .array(z.string().min(1).max(256))
    .min(1)
    .max(16)
    .describe('A token must be for one of these, compared as a whole'),
  algorithms: z
    .array(z.enum(algorithmNames))
    .min(1)
    .max(algorithmNames.length)
    .describe('With which its tokens may be signed; asymmetric all'),
  jwksUri: z.string().max(2048).optional().describe('Its keys; by default where discovery says'),
  type: z.string().min(1).max(64).optional().describe('The `typ` that its tokens must have, e.g. at+jwt'),
  introspection: z
    .strictObject({
      url: z.string().max(2048).optional().describe('Where; by default what discovery says'),
      clientId: z.string().min(1).max(256).describe('As whom the gateway asks'),
      secret: SecretName.describe("Name of that client's secret"),
    })
    .optional()
    .describe('Has the issuer asked what a token is (RFC 7662): opaque ones, and whether others still count'),
  dpop: z
    .enum(['optional', 'required'])
    .optional()
    .describe("Takes tokens that are bound to a key of the caller's (RFC 9449), or only those"),
  maxTokenAgeSeconds: z.int().min(1).max(604_800).optional().describe('How long after `iat` a token counts at most'),
})

export type Issuer = z.infer<typeof Issuer>

/** A workload that may have a token of the app's own for its token at an issuer. */
export const Workload = z.strictObject({
  issuer: IssuerName,
  subject: z.string().min(1).max(256).describe('The `sub` of its token, compared as a whole'),
  audience: z.string().min(1).max(256).default('gatehouse:egress').describe('The `aud` of its token'),
})

export type Workload = z.infer<typeof Workload>

/** The workloads of one app, each named once. */
export const Workloads = z
  .array(Workload)
  .max(32)
  .superRefine((workloads, { addIssue }) => {
    const names = workloads.map(one => JSON.stringify([one?.issuer, one?.subject, one?.audience]))
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue
      const params = { remedy: 'Remove one of the two.' }
      addIssue({ code: 'custom', path: [index], input: workloads[index], message: 'is listed twice', params })
    }
  })
  .default([])
