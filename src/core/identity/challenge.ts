/** Why a request is refused, in the words of RFC 6750 §3.1. */
export type ChallengeError = 'invalid_request' | 'invalid_token' | 'insufficient_scope'

/**
 * The `WWW-Authenticate` of a refusal (RFC 6750 §3). A request without any token is told no error, only
 * what is wanted.
 *
 * @param realm the app
 * @param scopes what the route asks for
 */
export function challenge(realm: string, scopes: readonly string[], error?: ChallengeError): Record<string, string> {
  const parameters = [
    `realm="${realm}"`,
    ...(error ? [`error="${error}"`] : []),
    ...(scopes.length > 0 ? [`scope="${scopes.join(' ')}"`] : []),
  ]
  return { 'www-authenticate': `Bearer ${parameters.join(', ')}` }
}
