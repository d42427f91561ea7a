import { encode } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { hmacKey } from './hmac-key.ts'
import type { Scheme } from './scheme.ts'
import { idHeader } from './signature-header.ts'
import { signedMessage } from './signed-message.ts'

/** What a signature covers besides the body. */
export interface SignInput {
  /** The event id, where the scheme carries it in a header. */
  readonly id: string
  readonly timestampSeconds: number
}

/**
 * Signs a body the way a scheme's vendor does: the inverse of `verify.ts`, over the same rows. One
 * signature per secret where the scheme's header takes several; the first secret otherwise.
 *
 * @returns the headers the vendor would send: id, timestamp, signature
 * @throws Fault `secret-missing` when no secret is one the scheme can use
 */
export async function signAs(
  scheme: Scheme,
  body: Uint8Array<ArrayBuffer>,
  { id, timestampSeconds }: SignInput,
  secrets: readonly Secret[],
): Promise<Record<string, string>> {
  const { header, prefix, separator, encoding } = scheme.signature
  const timestamp = String(timestampSeconds)
  const message = signedMessage(scheme.signed, { id, timestamp }, body)

  const signatures: string[] = []
  for (const secret of separator ? secrets : secrets.slice(0, 1)) {
    const key = await hmacKey(secret, scheme)
    if (!key) throw new Fault('secret-missing', `secret ${secret.name} is not one that the scheme can sign with`)
    signatures.push(prefix + encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, message)), encoding))
  }
  if (signatures.length === 0) throw new Fault('secret-missing', 'no secret to sign with')

  const inHeader = scheme.timestamp && 'prefix' in scheme.timestamp ? [scheme.timestamp.prefix + timestamp] : []
  const idPlace = idHeader(scheme)
  return {
    ...(idPlace && { [idPlace]: id }),
    ...(scheme.timestamp && 'header' in scheme.timestamp && { [scheme.timestamp.header]: timestamp }),
    [header]: [...inHeader, ...signatures].join(separator ?? ''),
  }
}
