import * as z from 'zod'

/** A JSON Web Key Set (RFC 7517 §5) as a variable holds it: the text of JSON, of which the schema behind this says more. */
export const JwksText = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a JSON Web Key Set' })
    return z.NEVER
  }
})
