import { base64url } from 'jose'
import { hasNameTwice } from '#core/json-names.ts'

/** A longer token is no token: verifying costs time. */
export const maxTokenCharacters = 16_384

/** A JWS in compact form, taken apart; nothing in it is verified yet. */
export interface CompactToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/** Exactly one spelling per value (RFC 4648 §3.5): no padding, and no bits left over at the end. */
const canonicalBase64url = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/** Header parameters by which a token would choose its own key, or ask for rules that we do not know (RFC 8725 §3.10). */
const refusedParameters = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'] as const

/**
 * Takes a JWT apart, refusing every form that two readers could read differently: another count of parts
 * (a JWE has five), padded or non-canonical base64url, text that is not UTF-8, JSON with a name twice, and
 * header parameters that would have the token bring its own key.
 *
 * @param carried header parameters that are taken all the same, such as the key that a proof brings along
 * @returns the parts, unverified; or why it is no token, for the log
 */
export function openCompact(
  token: string,
  carried: readonly (typeof refusedParameters)[number][] = [],
): CompactToken | string {
  if (token.length > maxTokenCharacters) return `the token is longer than ${maxTokenCharacters} characters`
  const parts = token.split('.')
  const [first = '', second = '', third = ''] = parts
  if (parts.length !== 3) return `the token has ${parts.length} parts, not 3`
  if (!first || !second || !third) return 'the token has an empty part'
  if (![first, second, third].every(part => canonicalBase64url.test(part)))
    return 'a part of the token is not canonical base64url'
  const header = objectIn(first)
  if (typeof header === 'string') return `the header ${header}`
  const refused = refusedParameters.find(name => Object.hasOwn(header, name) && !carried.includes(name))
  if (refused) return `the header has ${refused}`
  const payload = objectIn(second)
  return typeof payload === 'string' ? `the payload ${payload}` : { header, payload }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function objectIn(part: string): Readonly<Record<string, unknown>> | string {
  let text: string
  let value: unknown
  try {
    text = strictUtf8.decode(base64url.decode(part))
    value = JSON.parse(text)
  } catch {
    return 'is not JSON in UTF-8'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is not an object'
  if (hasNameTwice(text, value)) return 'has a name twice'
  return value as Record<string, unknown>
}
