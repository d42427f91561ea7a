import type { Issuer } from '#core/manifest/identity-schema.ts'
import type { Ports } from '#core/ports.ts'
import { claimedBy, type TokenVerdict, verifyToken } from './caller-token.ts'
import { openCompact } from './compact-token.ts'
import type { Principal } from './principal.ts'

/** A caller whose token was verified, as it is remembered. */
export interface VerifiedCaller {
  readonly principal: Principal
  readonly issuer: Issuer
  /** The key that verified the token. */
  readonly key: CryptoKey
}

/** What the token is verified for. */
export interface CalledApi {
  readonly app: string
  readonly digest: string
  readonly issuers: readonly Issuer[]
}

export type CallerVerdict =
  | { readonly kind: 'known'; readonly caller: VerifiedCaller }
  | Extract<TokenVerdict, { kind: 'refused' }>

type CallerPorts = Pick<Ports, 'clock' | 'keySets' | 'verifiedTokens'>

/**
 * Who the bearer of a token is. One that was verified for this very manifest a moment ago is not verified
 * again, as long as the key that verified it is still published. Never throws.
 */
export async function callerOf(token: string, api: CalledApi, ports: CallerPorts): Promise<CallerVerdict> {
  const { clock, keySets, verifiedTokens } = ports
  const name = await verifiedTokens.nameOf(token, `${api.app} ${api.digest}`)
  const remembered = verifiedTokens.get(name, clock.now().getTime())
  if (remembered && keySets.holds(remembered.issuer, remembered.key)) return { kind: 'known', caller: remembered }

  const opened = openCompact(token)
  if (typeof opened === 'string') return { kind: 'refused', fault: 'token-invalid', detail: opened }
  const issuer = claimedBy(opened, api.issuers)
  if (!issuer) return { kind: 'refused', fault: 'token-invalid', detail: 'the token is of no issuer that is listed' }
  const verdict = await verifyToken(token, issuer, ports)
  if (verdict.kind === 'refused') return verdict
  const caller = { principal: verdict.principal, issuer, key: verdict.key }
  verifiedTokens.set(name, caller, clock.now().getTime(), verdict.expiresAtMs)
  return { kind: 'known', caller }
}
