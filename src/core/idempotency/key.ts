import { sha256Hex, utf8Bytes } from '#core/encoding.ts'

/** Longer keys are refused; a UUID has 36 characters. */
const maxCharacters = 255

const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/
const bare = /^[\x21\x23-\x2b\x2d-\x7e]+$/

/**
 * The value of `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-08): a Structured Fields string
 * (RFC 9651 §3.3.3), or the same without its quotes, as many clients send it.
 *
 * @returns `undefined` when it is neither, or several
 */
export function idempotencyKey(header: string): string | undefined {
  const text = header.trim()
  const key = quoted.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? (bare.test(text) ? text : '')
  return key !== '' && key.length <= maxCharacters ? key : undefined
}

/** Who sends what where: a key means something only within all of these. */
export interface KeyOwner {
  readonly app: string
  /** Issuer and subject, or an address. */
  readonly caller: string
  /** The route's template. */
  readonly route: string
}

/** Under which name a claim is kept, so that neither caller nor key can be read from the store. */
export function claimId({ app, caller, route }: KeyOwner, key: string): Promise<string> {
  return sha256Hex(utf8Bytes(JSON.stringify([app, caller, route, key])))
}

/** What must be the same for a request to be the same one again: method, path, query, and every byte of the body. */
export async function fingerprint(method: string, target: string, body: Uint8Array<ArrayBuffer>): Promise<string> {
  return sha256Hex(utf8Bytes(`${method} ${target}\n${await sha256Hex(body)}`))
}
