import type { Exchange } from '#core/pipeline/exchange.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import type { Assumptions } from './explain.ts'
import type { Question } from './question.ts'

/** What the policies that identify somebody would have learned, had the request proved that it is from `as`. */
export function assumptionsOf({ as }: Question): Assumptions {
  if (!as) return {}
  const principalOf = ({ entry }: Exchange) => {
    const { subject = 'assumed', scopes } = as
    const issuer = as.issuer ?? entry?.manifest.spec.api?.issuers[0]?.issuer ?? 'assumed'
    return { issuer, subject, scopes, claims: { ...as.claims, iss: issuer, sub: subject } }
  }
  return {
    async webhookSignature({ body }) {
      const bytes = await body.read()
      return { verified: { bytes, signedBytes: bytes, secret: 'assumed', document: parsedOnce(bytes) } }
    },
    bearerToken: async exchange => ({ principal: principalOf(exchange) }),
    // a token that stands nowhere in the request, in a slot that every rule takes
    appToken: async exchange => ({
      appToken: { value: crypto.randomUUID(), slot: 'gatehouse-token' },
      principal: principalOf(exchange),
    }),
  }
}
