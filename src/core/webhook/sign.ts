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
  input: SignInput,
  secrets: readonly Secret[],
): Promise<Record<string, string>> {
  const message = signedMessage(scheme.signed, { id: input.id, timestamp: String(input.timestampSeconds) }, body)
  const codes: Uint8Array[] = []
  for (const secret of signaturesNeeded(scheme, secrets)) {
    const key = await hmacKey(secret, scheme)
    if (!key) throw new Fault('secret-missing', `secret ${secret.name} is not one that the scheme can sign with`)
    codes.push(new Uint8Array(await crypto.subtle.sign('HMAC', key, message)))
  }
  return signedHeaders(scheme, input, codes)
}

/** The secrets that sign: all of them where the scheme's header takes several signatures, else the first. */
export function signaturesNeeded({ signature }: Scheme, secrets: readonly Secret[]): readonly Secret[] {
  if (secrets.length === 0) throw new Fault('secret-missing', 'no secret to sign with')
  return signature.separator ? secrets : secrets.slice(0, 1)
}

/** The headers that carry message authentication codes which have been computed. */
export function signedHeaders(
  scheme: Scheme,
  { id, timestampSeconds }: SignInput,
  codes: readonly Uint8Array[],
): Record<string, string> {
  const { header, prefix, separator, encoding } = scheme.signature
  const timestamp = String(timestampSeconds)
  const signatures = codes.map(code => prefix + encode(code, encoding))
  const inHeader = scheme.timestamp && 'prefix' in scheme.timestamp ? [scheme.timestamp.prefix + timestamp] : []
  const idPlace = idHeader(scheme)
  return {
    ...(idPlace && { [idPlace]: id }),
    ...(scheme.timestamp && 'header' in scheme.timestamp && { [scheme.timestamp.header]: timestamp }),
    [header]: [...inHeader, ...signatures].join(separator ?? ''),
  }
}
