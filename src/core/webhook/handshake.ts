import { atPointer } from '#core/json-pointer.ts'
import type { Scheme } from './scheme.ts'

/**
 * The text to answer a verified handshake with, or `undefined` when the request brings an event. The
 * request has been verified by then: an unsigned challenge is never echoed.
 */
export function handshakeReply(scheme: Scheme, body: () => unknown): string | undefined {
  if (!scheme.handshake) return undefined
  const document = body()
  if (atPointer(document, scheme.handshake.when.pointer) !== scheme.handshake.when.equals) return undefined
  const echo = atPointer(document, scheme.handshake.echo)
  return typeof echo === 'string' ? echo : undefined
}
