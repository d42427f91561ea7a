import type { Bearer } from '#core/identity/app-token.ts'
import type { Principal } from '#core/identity/principal.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { whenKnown } from '#core/when-known.ts'

/** Headers by name; the token last. */
export type CallerHeaders = readonly (readonly [name: string, value: string])[]

interface Told {
  readonly bearer: Bearer
  readonly fields: CallerHeaders
  /** All of it, with the token that was made last. */
  last?: { readonly token: string; readonly headers: CallerHeaders }
}

/** What apps are told of a principal, for as long as it is remembered: its token is verified once for many calls. */
const told = new WeakMap<Principal, Told>()

/**
 * What tells the app who calls: subject, issuer and scopes as the verified token has them, and a token of the
 * gateway's own that proves it. Who came without a token, on a route that asks for none, is `anonymous`.
 *
 * @throws Fault `secret-missing` where the gateway has no keys to sign with
 */
export function callerHeaders(
  exchange: Exchange,
  { appTokens }: Pick<Ports, 'appTokens'>,
): CallerHeaders | Promise<CallerHeaders> {
  const { app, digest } = settled(exchange, 'entry')
  const { principal } = exchange
  const about = principal ? toldOf(principal, app) : anonymous(app)
  return whenKnown(appTokens.forwarded(about.bearer, digest), token => withToken(about, token))
}

function withToken(about: Told, token: string): CallerHeaders {
  if (about.last?.token !== token) about.last = { token, headers: [...about.fields, ['gatehouse-token', token]] }
  return about.last.headers
}

function toldOf(principal: Principal, app: string): Told {
  const known = told.get(principal)
  if (known?.bearer.app === app) return known
  const { issuer, subject, scopes } = principal
  const fresh: Told = {
    bearer: { app, subject, issuer, scopes },
    fields: [
      ['gatehouse-subject', headerText(subject)],
      ['gatehouse-issuer', headerText(issuer)],
      ['gatehouse-scopes', scopes.join(' ')],
    ],
  }
  told.set(principal, fresh)
  return fresh
}

function anonymous(app: string): Told {
  return { bearer: { app, subject: 'anonymous', scopes: [] }, fields: [] }
}

/** A text as a header can carry it: what is not printable ASCII, and `%` itself, percent-encoded as UTF-8. */
function headerText(text: string): string {
  if (/^[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?$/.test(text)) return text
  return encodeURIComponent(text.toWellFormed())
}
