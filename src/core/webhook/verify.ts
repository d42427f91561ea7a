import type { FaultCode } from '#core/fault.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { hmacKey } from './hmac-key.ts'
import type { Scheme } from './scheme.ts'
import type { SignatureClaim } from './signature-header.ts'
import { signedMessage } from './signed-message.ts'

export type Verification =
  | { readonly kind: 'verified'; readonly secret: string; readonly signedBytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'refused'; readonly fault: FaultCode; readonly detail: string }

/**
 * Checks a claim over the raw body against every active secret, in the order the manifest lists them, and
 * names the secret that matched. The comparison is the Web Crypto one, which is constant-time.
 *
 * A signature that no secret in place matches is the vendor's fault only if every listed secret is in
 * place; otherwise the missing one might have matched, and the fault is ours (`secret-missing`).
 *
 * @param secrets one item per name in the manifest; `undefined` where the name resolves to nothing
 */
export async function verifyClaim(
  scheme: Scheme,
  claim: SignatureClaim,
  body: Uint8Array<ArrayBuffer>,
  secrets: readonly (Secret | undefined)[],
): Promise<Verification> {
  const signedBytes = signedMessage(scheme.signed, claim, body)
  let unusable = 0
  for (const secret of secrets) {
    const key = secret && (await hmacKey(secret, scheme))
    if (!key) {
      unusable += 1
      continue
    }
    for (const candidate of claim.candidates) {
      if (await crypto.subtle.verify('HMAC', key, candidate, signedBytes)) {
        return { kind: 'verified', secret: secret.name, signedBytes }
      }
    }
  }
  if (unusable > 0 || secrets.length === 0) {
    return {
      kind: 'refused',
      fault: 'secret-missing',
      detail: `${unusable} of ${secrets.length} secrets are not in place or malformed`,
    }
  }
  return {
    kind: 'refused',
    fault: 'signature-mismatch',
    detail: `${claim.candidates.length} signatures, ${secrets.length} secrets, no match`,
  }
}
