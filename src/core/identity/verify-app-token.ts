import { errors, jwtVerify } from 'jose'
import * as z from 'zod'
import type { FaultCode } from '#core/fault.ts'
import { AppName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { type AppIdentity, appTokenType, egressAudience } from './app-token.ts'
import { openCompact } from './compact-token.ts'
import { clockSkewSeconds } from './principal.ts'

export interface RefusedToken {
  readonly kind: 'refused'
  readonly fault: Extract<FaultCode, 'token-invalid' | 'token-expired'>
  /** Why exactly; for the log only. */
  readonly detail: string
}

const Claims = z.object({
  app: AppName,
  sub: z.string().min(1),
  scope: z.string(),
  jti: z.string().min(1),
  iat: z.number(),
  sub_id: z.object({ format: z.literal('iss_sub'), iss: z.string(), sub: z.string() }).optional(),
})

/**
 * Verifies a token that the gateway itself gave to an app: ES256 by one of our keys, type, issuer, audience
 * `gatehouse:egress` and times (RFC 8725). The app it names is the only one the bearer may act as.
 *
 * @throws Fault `secret-missing` where `SIGNING_KEYS` is not set
 */
export async function verifyAppToken(
  token: string,
  { appTokens, clock }: Pick<Ports, 'appTokens' | 'clock'>,
): Promise<AppIdentity | RefusedToken> {
  const { keys, verified } = appTokens
  const nowMs = clock.now().getTime()
  const name = await verified.nameOf(token, egressAudience)
  const known = verified.get(name, nowMs)
  if (known) return known
  const opened = openCompact(token)
  if (typeof opened === 'string') return refused(opened)
  const { kid } = opened.header
  const key = typeof kid === 'string' ? await keys.verifying(kid) : undefined
  if (!key) return refused('the token names no key of ours')
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['ES256'],
      typ: appTokenType,
      issuer: keys.issuer,
      audience: egressAudience,
      requiredClaims: ['exp'],
      clockTolerance: clockSkewSeconds,
      currentDate: clock.now(),
    })
    const claims = Claims.parse(payload)
    if (!Array.isArray(payload.aud) || !payload.aud.includes(claims.app))
      return refused('the token is not for the app that it names')
    const identity: AppIdentity = {
      kind: 'app',
      app: claims.app,
      subject: claims.sub,
      ...(claims.sub_id && { issuer: claims.sub_id.iss }),
      scopes: claims.scope.split(' ').filter(Boolean),
      tokenId: claims.jti,
    }
    verified.set(name, identity, nowMs, (payload.exp ?? 0) * 1000)
    return identity
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refused(error.message, 'token-expired')
    return refused(error instanceof z.ZodError ? z.prettifyError(error) : String(error))
  }
}

/** Whether a text is a token that claims to be ours. A claim alone: it only tells which tokens to verify. */
export function claimsOurs(token: string, { keys, verified }: Ports['appTokens'], nowMs: number): boolean {
  if (verified.known(token, egressAudience, nowMs)) return true
  const opened = openCompact(token)
  return typeof opened !== 'string' && opened.payload.iss === keys.issuer
}

function refused(detail: string, fault: RefusedToken['fault'] = 'token-invalid'): RefusedToken {
  return { kind: 'refused', fault, detail }
}
