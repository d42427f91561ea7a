import { utf8Bytes } from '#core/encoding.ts'
import { Secret } from '#core/secrets/secret.ts'
import type { Scheme } from '#core/webhook/scheme.ts'
import { readClaim } from '#core/webhook/signature-header.ts'
import { verifyClaim } from '#core/webhook/verify.ts'
import type { Row } from './vectors.ts'

/** A signed request as it arrives. */
export interface Arrival {
  readonly headers: Readonly<Record<string, string>> | Headers
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly nowSeconds: number
  readonly toleranceSeconds?: number
}

/**
 * Reads the claim and verifies it, the way the policy does.
 *
 * @returns the name of the secret that matched, or the fault
 */
export async function judged(
  scheme: Scheme,
  { headers, body, nowSeconds, toleranceSeconds = 300 }: Arrival,
  secrets: readonly (Secret | undefined)[],
): Promise<string> {
  const given = headers instanceof Headers ? headers : new Headers(headers)
  const claimed = readClaim(scheme, given, new Date(nowSeconds * 1000), toleranceSeconds)
  if ('fault' in claimed) return claimed.fault
  const bytes = typeof body === 'string' ? utf8Bytes(body) : body
  const verification = await verifyClaim(scheme, claimed.claim, bytes, secrets)
  return verification.kind === 'verified' ? verification.secret : verification.fault
}

/** A row's vector as it arrives, with anything in it replaced. */
export function arrivalOf({ vector }: Row, change: Partial<Arrival> = {}): Arrival {
  return { headers: vector.headers, body: vector.body, nowSeconds: vector.now, ...change }
}

/** A row's secret, under the name `current`. */
export function secretOf({ vector }: Row, name = 'current'): Secret {
  return new Secret(name, vector.secret)
}

/** A well-formed secret of the row's kind that signed nothing. */
export function otherSecret({ scheme }: Row, name = 'other'): Secret {
  return new Secret(name, scheme.secret === 'whsec' ? `whsec_${btoa('some other key of 24 byte')}` : 'some other key')
}

/** Headers that hold any text at all, also such as no HTTP stack would let through. */
export function headerSoup(values: Readonly<Record<string, string>>): Headers {
  return Object.create(Headers.prototype, { get: { value: (name: string) => values[name] ?? null } }) as Headers
}
