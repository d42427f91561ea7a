import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import { algorithmNames } from './algorithms.ts'
import { type Trust, verifyToken } from './caller-token.ts'
import { type ChallengeError, challenge } from './challenge.ts'
import { openCompact } from './compact-token.ts'
import { boundKey } from './dpop.ts'
import type { KeySet } from './key-set.ts'
import type { KeySets } from './key-sets.ts'
import { localIssuer } from './local-issuer.ts'
import type { Principal } from './principal.ts'

export const roles = ['operator', 'approver', 'author', 'viewer'] as const

export type Role = (typeof roles)[number]

/** Who makes an admin call. */
export interface Operator {
  readonly subject: string
  readonly roles: readonly Role[]
  /** An author's apps are those of these teams. */
  readonly teams: readonly string[]
}

const Roles = z.array(z.string()).default([])
const Teams = z.union([z.array(z.string()), z.string().transform(team => [team])]).default([])

/**
 * Who an admin request is from: a JWT of `ADMIN_ISSUER` for `ADMIN_AUDIENCE`, signed by a key that the issuer
 * publishes, or, on one machine, of `npm start` itself. Its claim `roles` says what they may do, and the claim that
 * `ADMIN_TEAMS_CLAIM` names for which teams (RFC 6750, RFC 8725, RFC 9068).
 *
 * @throws Fault `token-missing`, `token-expired`, `token-invalid` or `issuer-unreachable`
 */
export async function operatorFrom(
  authorization: string | null,
  ports: Pick<Ports, 'settings' | 'keySets' | 'clock'>,
): Promise<Operator> {
  if (!authorization) throw refused('token-missing', 'no Authorization header')
  const token = /^Bearer +([\w.-]+)$/i.exec(authorization)?.[1]
  if (!token) throw refused('token-invalid', 'not one bearer token', 'invalid_request')
  const trusted = trustedFor(issuerOf(token), ports)
  if (!trusted) throw refused('token-invalid', 'the token is not of ADMIN_ISSUER', 'invalid_token')
  const { issuer, audience, ...keys } = trusted
  const trust: Trust = { issuer, audiences: [audience], algorithms: algorithmNames }
  const verdict = await verifyToken(token, trust, { ...keys, clock: ports.clock })
  if (verdict.kind === 'refused') throw refused(verdict.fault, verdict.detail, 'invalid_token')
  if (boundKey(verdict.principal) !== undefined)
    throw refused('token-invalid', 'the token is bound to a key, of which this door takes no proof', 'invalid_token')
  return operatorOf(verdict.principal, ports.settings.admin?.teamsClaim ?? '')
}

/** The refusal of a token, or for want of one, with its challenge (RFC 6750 §3). */
export function refused(
  fault: 'token-missing' | 'token-invalid' | 'token-expired' | 'issuer-unreachable' | 'role-missing',
  detail: string,
  error?: ChallengeError,
): Fault {
  return new Fault(fault, detail, [], fault === 'issuer-unreachable' ? {} : challenge('admin', [], error))
}

/** A claim alone: it only selects by whose keys the token is verified. */
function issuerOf(token: string): unknown {
  const opened = openCompact(token)
  if (typeof opened === 'string') throw refused('token-invalid', opened, 'invalid_token')
  return opened.payload.iss
}

/** Whose keys may have signed a token that claims an issuer; none for any issuer but the two. */
function trustedFor(issuer: unknown, ports: Pick<Ports, 'settings' | 'keySets'>) {
  const { provider, localKeys } = ports.settings.admin ?? {}
  if (localKeys && issuer === localIssuer.issuer) return { ...localIssuer, keySets: finding(localKeys) }
  return provider && issuer === provider.issuer ? { ...provider, keySets: ports.keySets } : undefined
}

function operatorOf({ subject, claims }: Principal, teamsClaim: string): Operator {
  const claimed = Roles.safeParse(claims.roles)
  const teams = Teams.safeParse(claims[teamsClaim])
  if (!claimed.success || !teams.success)
    throw refused('token-invalid', `\`roles\` or \`${teamsClaim}\` is no list of names`, 'invalid_token')
  return { subject, roles: roles.filter(role => claimed.data.includes(role)), teams: teams.data }
}

/** Keys that are given, in place of those that an issuer is asked for. */
function finding(keys: KeySet): Pick<KeySets, 'find'> {
  return {
    async find(_, kid, algorithm) {
      const key = await keys.find(kid, algorithm)
      return key ? { kind: 'key', key } : { kind: 'unknown' }
    },
  }
}
