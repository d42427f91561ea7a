import { algorithmNames } from './algorithms.ts'

/** Why a request is refused, in the words of RFC 6750 §3.1 and RFC 9449 §7.1. */
export type ChallengeError = 'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof'

/**
 * The `WWW-Authenticate` of a refusal (RFC 6750 §3). A request without any token is told no error, only
 * what is wanted.
 *
 * @param realm the app
 * @param scopes what the route asks for
 * @param takesProofs whether tokens may be bound to a key of the caller's
 */
export function challenge(
  realm: string,
  scopes: readonly string[],
  error?: ChallengeError,
  takesProofs = false,
): Record<string, string> {
  const parameters = [
    `realm="${realm}"`,
    ...(error ? [`error="${error}"`] : []),
    ...(scopes.length > 0 ? [`scope="${scopes.join(' ')}"`] : []),
  ]
  const bearer = `Bearer ${parameters.join(', ')}`
  const proof = `DPoP ${[...parameters, `algs="${algorithmNames.join(' ')}"`].join(', ')}`
  return { 'www-authenticate': takesProofs ? `${bearer}, ${proof}` : bearer }
}
