import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import type { Settings } from '#core/settings.ts'
import { maxTokenCharacters } from './compact-token.ts'
import { clockSkewSeconds } from './principal.ts'

export const roles = ['operator', 'approver', 'author', 'viewer'] as const

export type Role = (typeof roles)[number]

export interface Operator {
  readonly subject: string
  readonly roles: readonly Role[]
}

/**
 * Who an admin request is from: a JWT of `ADMIN_ISSUER` for `ADMIN_AUDIENCE`, ES256, 30 s of clock skew,
 * roles in the claim `roles` (RFC 8725 for what is refused).
 *
 * @throws Fault `token-missing`, `token-expired` or `token-invalid`
 */
export async function operatorFrom(authorization: string | null, { admin }: Settings, now: Date): Promise<Operator> {
  if (!authorization) throw new Fault('token-missing', 'no Authorization header')
  const token = /^Bearer ([\w.-]+)$/i.exec(authorization)?.[1]
  if (!token || token.length > maxTokenCharacters) throw new Fault('token-invalid', 'not one bearer token')
  if (!admin)
    throw new Fault('token-invalid', 'ADMIN_ISSUER, ADMIN_AUDIENCE and ADMIN_JWKS are not set: nobody is an operator')
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(admin.jwks as JSONWebKeySet), {
      issuer: admin.issuer,
      audience: admin.audience,
      algorithms: ['ES256'],
      clockTolerance: clockSkewSeconds,
      currentDate: now,
      requiredClaims: ['sub', 'exp'],
    })
    const { roles: claimed } = z.object({ roles: z.array(z.string()).default([]) }).parse(payload)
    return { subject: payload.sub ?? '', roles: roles.filter(role => claimed.includes(role)) }
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Fault('token-expired', error.message)
    throw new Fault('token-invalid', String(error))
  }
}
