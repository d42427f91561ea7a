/** What one read takes at most: large enough that reading 10 MiB costs 160 turns, and not 2,560. */
export const pieceBytes = 65_536

/**
 * The bytes of a byte stream, piece by piece. All pieces share one buffer: each is over when the next is asked for.
 *
 * @throws when the stream breaks off, or the signal does; it is then cancelled, and so it is if nobody reads on
 */
export async function* piecesOf(stream: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader({ mode: 'byob' })
  const cancel = () => void reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', cancel)
  try {
    signal.throwIfAborted()
    let buffer = new ArrayBuffer(pieceBytes)
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer))
      signal.throwIfAborted()
      if (done) return
      yield value
      buffer = value.buffer as ArrayBuffer
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}
