import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'

/**
 * What tells the app who calls: subject, issuer and scopes as the verified token has them, and a token of the
 * gateway's own that proves it. Who came without a token, on a route that asks for none, is `anonymous`.
 *
 * @throws Fault `secret-missing` where the gateway has no keys to sign with
 */
export async function callerHeaders(
  exchange: Exchange,
  { appTokens }: Pick<Ports, 'appTokens'>,
): Promise<Readonly<Record<string, string>>> {
  const { app, digest } = settled(exchange, 'entry')
  const { principal } = exchange
  if (!principal) {
    const nobody = { app, subject: 'anonymous', scopes: [] }
    return { 'gatehouse-token': await appTokens.forwarded(nobody, digest) }
  }
  const { issuer, subject, scopes } = principal
  return {
    'gatehouse-subject': headerText(subject),
    'gatehouse-issuer': headerText(issuer),
    'gatehouse-scopes': scopes.join(' '),
    'gatehouse-token': await appTokens.forwarded({ app, subject, issuer, scopes }, digest),
  }
}

/** A text as a header can carry it: what is not printable ASCII, and `%` itself, percent-encoded as UTF-8. */
function headerText(text: string): string {
  if (/^[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?$/.test(text)) return text
  return encodeURIComponent(text.toWellFormed())
}
