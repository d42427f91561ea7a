import { Fault } from '#core/fault.ts'
import type { Digests } from '#core/ports.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { hmacKeyBytes } from './hmac-key.ts'
import { piecesOf } from './pieces.ts'
import { RunningHmac } from './running-hmac.ts'
import type { Scheme } from './scheme.ts'
import { type SignInput, signaturesNeeded, signedHeaders } from './sign.ts'
import { signedMessage } from './signed-message.ts'

const noBody = new Uint8Array()

/**
 * Signs a body that is too large to hold, as `signAs` signs one in hand: one pass over the stream, however
 * many secrets there are, and one piece in memory.
 *
 * @param scheme one whose signed message ends with the body
 * @param signal ends a pass that takes too long
 * @returns the headers the vendor would send: id, timestamp, signature
 * @throws Fault `secret-missing` when no secret is one the scheme can use; what the stream throws when it breaks off
 */
export async function signPassing(
  scheme: Scheme & { readonly algorithm: 'hmac-sha256'; readonly signed: `${string}{body}` },
  body: ReadableStream<Uint8Array>,
  input: SignInput,
  secrets: readonly Secret[],
  { digests, signal }: { readonly digests: Digests; readonly signal: AbortSignal },
): Promise<Record<string, string>> {
  const hmacs: RunningHmac[] = []
  const add = (bytes: Uint8Array) => Promise.all(hmacs.map(hmac => hmac.add(bytes)))
  try {
    for (const secret of signaturesNeeded(scheme, secrets)) {
      const key = hmacKeyBytes(secret, scheme)
      if (!key) throw new Fault('secret-missing', `secret ${secret.name} is not one that the scheme can sign with`)
      hmacs.push(await RunningHmac.under(key, digests))
    }
    await add(signedMessage(scheme.signed, { id: input.id, timestamp: String(input.timestampSeconds) }, noBody))
    for await (const piece of piecesOf(body, signal)) await add(piece)
    return signedHeaders(scheme, input, await Promise.all(hmacs.map(hmac => hmac.end())))
  } catch (error) {
    for (const hmac of hmacs) hmac.drop()
    body.cancel(error).catch(() => {})
    throw error
  }
}
