import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Clock } from '#core/ports.ts'
import { type Algorithm, isAlgorithm } from './algorithms.ts'
import { type CompactToken, openCompact } from './compact-token.ts'
import type { KeySets } from './key-sets.ts'
import { clockSkewSeconds, type Principal } from './principal.ts'

/** What a token must be to count: an issuer as a manifest declares it, or as the gateway's settings do. */
export interface Trust {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly algorithms: readonly Algorithm[]
  readonly jwksUri?: string | undefined
  /** The `typ` it must have; absent: one of those that access tokens have, or none. */
  readonly type?: string | undefined
  readonly maxTokenAgeSeconds?: number | undefined
}

export type TokenVerdict =
  | {
      readonly kind: 'verified'
      readonly principal: Principal
      readonly key: CryptoKey
      readonly expiresAtMs: number
    }
  | {
      readonly kind: 'refused'
      readonly fault: 'token-invalid' | 'token-expired' | 'issuer-unreachable'
      /** Why exactly; for the log only. */
      readonly detail: string
    }

/** Types of a JWT that may be an access token. Others are tokens for another use (RFC 8725 §3.11). */
const accessTypes = ['jwt', 'at+jwt']
const maxSubjectCharacters = 1024

/** Which of several issuers a token claims to be of. A claim alone: it only selects by whose keys it is verified. */
export function claimedBy<Issuer extends { readonly issuer: string }>(
  token: CompactToken,
  issuers: readonly Issuer[],
): Issuer | undefined {
  return issuers.find(({ issuer }) => issuer === token.payload.iss)
}

/**
 * Verifies a token against what its issuer must say: algorithm, type, signature by a key that the issuer
 * publishes, `iss`, `aud`, `exp`, `nbf` and `iat` with 30 s of clock skew, and a subject (RFC 8725, RFC 9068 §4).
 * Never throws.
 */
export async function verifyToken(
  token: string,
  trust: Trust,
  { keySets, clock }: { readonly keySets: Pick<KeySets, 'find'>; readonly clock: Clock },
): Promise<TokenVerdict> {
  const opened = openCompact(token)
  if (typeof opened === 'string') return refused(opened)
  const { alg, kid, typ } = opened.header
  if (!isAlgorithm(alg) || !trust.algorithms.includes(alg)) return refused('the algorithm is not one that is listed')
  if (kid !== undefined && typeof kid !== 'string') return refused('the kid is no text')
  if (!isType(typ, trust.type)) return refused('the type is not that of an access token')

  const lookup = await keySets.find(trust, kid, alg)
  if (lookup.kind === 'unreachable')
    return refused(`no key of ${trust.issuer} is known, and it is away`, 'issuer-unreachable')
  if (lookup.kind === 'unknown') return refused(`${trust.issuer} has no such key`)
  const now = clock.now()
  try {
    const { payload } = await jwtVerify(token, lookup.key, {
      algorithms: [alg],
      issuer: trust.issuer,
      audience: [...trust.audiences],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: clockSkewSeconds,
      currentDate: now,
      ...(trust.maxTokenAgeSeconds !== undefined && { maxTokenAge: trust.maxTokenAgeSeconds }),
    })
    const { iat, exp = 0 } = payload
    if (iat !== undefined && iat > now.getTime() / 1000 + clockSkewSeconds) return refused('`iat` lies in the future')
    const principal = principalOf(payload, trust.issuer)
    if (!principal) return refused('`sub` is no subject')
    return { kind: 'verified', principal, key: lookup.key, expiresAtMs: exp * 1000 }
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refused(error.message, 'token-expired')
    return refused(String(error))
  }
}

/** Who verified claims are of; `undefined` when they name no subject. */
export function principalOf(claims: JWTPayload, issuer: string): Principal | undefined {
  const { sub } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > maxSubjectCharacters) return undefined
  return { issuer, subject: sub, scopes: scopesOf(claims), claims }
}

/** From `scope`, else from `scp`; each may be one text or a list. What is no scope token (RFC 6749 §3.3) grants nothing. */
function scopesOf({ scope, scp }: JWTPayload): string[] {
  const given: unknown = scope ?? scp ?? ''
  const texts = Array.isArray(given) ? given : typeof given === 'string' ? given.split(' ') : []
  const tokens = texts.filter(text => typeof text === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text))
  return [...new Set(tokens)]
}

function isType(typ: unknown, wanted: string | undefined): boolean {
  if (typ !== undefined && typeof typ !== 'string') return false
  const plain = (text: string) => text.toLowerCase().replace(/^application\//, '')
  if (wanted !== undefined) return typ !== undefined && plain(typ) === plain(wanted)
  return typ === undefined || accessTypes.includes(plain(typ))
}

function refused(
  detail: string,
  fault: Extract<TokenVerdict, { kind: 'refused' }>['fault'] = 'token-invalid',
): TokenVerdict {
  return { kind: 'refused', fault, detail }
}
