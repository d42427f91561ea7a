import { egressAudience } from './app-token.ts'

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** What `subject_token_type` may say of a workload's token: a JWT all. */
const subjectTypes = ['jwt', 'id_token', 'access_token'].map(name => `urn:ietf:params:oauth:token-type:${name}`)
/** What `requested_token_type` may ask for: what is given anyway. */
export const issuedType = 'urn:ietf:params:oauth:token-type:access_token'
const requestedTypes = [issuedType, 'urn:ietf:params:oauth:token-type:jwt']

/** Codes of RFC 6749 §5.2 and RFC 8693 §2.2.2. */
export type OauthError =
  | 'invalid_request'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_grant_type'
  | 'temporarily_unavailable'

export type TokenRequest =
  | { readonly kind: 'asked'; readonly subjectToken: string }
  | { readonly kind: 'refused'; readonly error: OauthError; readonly detail: string }

/**
 * Reads a token exchange (RFC 8693 §2.1) as far as the gateway grants one: a workload's own token for a token
 * of the app that it belongs to, with no scopes and for the way out alone.
 */
export function readTokenRequest(form: URLSearchParams): TokenRequest {
  const names = [...form.keys()]
  if (new Set(names).size < names.length) return refused('invalid_request', 'a parameter stands twice')
  const value = (name: string) => form.get(name) || undefined
  if (!value('grant_type')) return refused('invalid_request', 'no grant_type')
  if (value('grant_type') !== grantType) return refused('unsupported_grant_type', `grant_type is not ${grantType}`)
  const subjectToken = value('subject_token')
  if (!subjectToken) return refused('invalid_request', 'no subject_token')
  if (!subjectTypes.includes(value('subject_token_type') ?? ''))
    return refused('invalid_request', 'subject_token_type is not that of a JWT')
  if (!requestedTypes.includes(value('requested_token_type') ?? issuedType))
    return refused('invalid_request', 'requested_token_type is none that is given')
  if (value('actor_token') || value('actor_token_type'))
    return refused('invalid_request', 'a workload acts for itself alone: no actor_token')
  if (value('resource') || (value('audience') ?? egressAudience) !== egressAudience)
    return refused('invalid_target', `tokens are for ${egressAudience} alone`)
  if (value('scope')) return refused('invalid_scope', 'tokens of workloads carry no scopes')
  return { kind: 'asked', subjectToken }
}

function refused(error: OauthError, detail: string): TokenRequest {
  return { kind: 'refused', error, detail }
}
