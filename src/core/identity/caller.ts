import type { Issuer } from '#core/manifest/identity-schema.ts'
import type { Ports } from '#core/ports.ts'
import { whenKnown } from '#core/when-known.ts'
import { claimedBy, type TokenVerdict, verifyToken } from './caller-token.ts'
import { maxTokenCharacters, openCompact } from './compact-token.ts'
import { type Introspection, introspected } from './introspection.ts'
import type { Principal } from './principal.ts'

/** A caller whose token was verified, as it is remembered. */
export interface VerifiedCaller {
  readonly principal: Principal
  readonly issuer: Issuer
  /** The key that verified the token; absent where only the issuer knows what it is. */
  readonly key?: CryptoKey
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

/** A token as its issuer has disowned it. */
export type DisownedToken = Extract<Introspection, { kind: 'refused' }>

type CallerPorts = Pick<
  Ports,
  'clock' | 'counters' | 'keySets' | 'verifiedTokens' | 'disownedTokens' | 'secrets' | 'upstreams' | 'settings'
>

/** What an issuer said of a token is remembered for so long. */
const introspectedSeconds = 30
/** And for so long that it is none: a flood of one bad token is no flood at its issuer. */
const disownedSeconds = 5

/**
 * Who the bearer of a token is. One that was verified for this very manifest a moment ago is not verified
 * again, as long as the key that verified it is still published. Where the manifest has the issuer asked what
 * its tokens are, it is asked, also of those that verify: it may have taken them back.
 *
 * @throws Fault `secret-missing` where the issuer cannot be asked for want of a secret
 */
export function callerOf(token: string, api: CalledApi, ports: CallerPorts): CallerVerdict | Promise<CallerVerdict> {
  const { clock, keySets, verifiedTokens } = ports
  const known = (name: string): CallerVerdict | undefined => {
    const caller = verifiedTokens.get(name, clock.now().getTime())
    const isKnown = caller && (!caller.key || keySets.holds(caller.issuer, caller.key))
    return isKnown ? { kind: 'known', caller } : undefined
  }
  return whenKnown(
    verifiedTokens.nameOf(token, `${api.app} ${api.digest}`),
    name => known(name) ?? judgedCaller(token, name, api, ports),
  )
}

async function judgedCaller(token: string, name: string, api: CalledApi, ports: CallerPorts): Promise<CallerVerdict> {
  const { clock, verifiedTokens } = ports
  const judged =
    token.split('.').length === 3 ? await ofJwt(token, name, api, ports) : await ofOpaque(token, name, api, ports)
  const result = judged.kind === 'refused' ? judged.fault : judged.kind
  ports.counters.count(api.app, 'token_verifications_total', { result })
  if (judged.kind === 'refused') return judged
  const { caller, expiresAtMs } = judged
  const seconds = caller.issuer.introspection && introspectedSeconds
  verifiedTokens.set(name, caller, clock.now().getTime(), expiresAtMs, seconds)
  return { kind: 'known', caller }
}

type Judged =
  | { readonly kind: 'known'; readonly caller: VerifiedCaller; readonly expiresAtMs: number }
  | Extract<TokenVerdict, { kind: 'refused' }>

async function ofJwt(token: string, name: string, { app, issuers }: CalledApi, ports: CallerPorts): Promise<Judged> {
  const opened = openCompact(token)
  if (typeof opened === 'string') return refused(opened)
  const issuer = claimedBy(opened, issuers)
  if (!issuer) return refused('the token is of no issuer that is listed')
  const verdict = await verifyToken(token, issuer, ports)
  if (verdict.kind === 'refused') return verdict
  const { principal, key, expiresAtMs } = verdict
  if (issuer.introspection) {
    const said = await asked(token, name, app, issuer, ports)
    if (said.kind === 'refused') return said
  }
  return { kind: 'known', caller: { principal, issuer, key }, expiresAtMs }
}

/** A token of no form that we know is shown to the one issuer that may be asked, and to nobody else. */
async function ofOpaque(token: string, name: string, { app, issuers }: CalledApi, ports: CallerPorts): Promise<Judged> {
  const issuer = issuers.find(({ introspection }) => introspection !== undefined)
  if (!issuer || token.length > maxTokenCharacters) return refused('the token is no JSON Web Token')
  const said = await asked(token, name, app, issuer, ports)
  if (said.kind === 'refused') return said
  return { kind: 'known', caller: { principal: said.principal, issuer }, expiresAtMs: said.expiresAtMs }
}

/** What the issuer says, or has just said. That it did not answer is not remembered: the next one may be luckier. */
async function asked(
  token: string,
  name: string,
  app: string,
  issuer: Issuer,
  ports: CallerPorts,
): Promise<Introspection> {
  const { disownedTokens, clock } = ports
  const before = disownedTokens.get(name, clock.now().getTime())
  if (before) return before
  const said = await introspected(token, app, issuer, ports)
  if (said.kind === 'refused' && said.fault !== 'issuer-unreachable')
    disownedTokens.set(name, said, clock.now().getTime(), Number.POSITIVE_INFINITY, disownedSeconds)
  return said
}

function refused(detail: string): Judged {
  return { kind: 'refused', fault: 'token-invalid', detail }
}
