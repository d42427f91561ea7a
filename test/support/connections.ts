import type { Payloads, Upstreams } from '#core/ports.ts'

/** Counts what is open at once, as Cloudflare does for one invocation: streams from R2 until they end, and fetches. */
export function sixAtMost(payloads: Pick<Payloads, 'get'>, upstreams: Upstreams) {
  let open = 0
  let most = 0
  const begin = () => {
    open += 1
    most = Math.max(most, open)
    if (open > 6) throw new Error('a seventh connection')
  }
  const end = () => {
    open -= 1
  }
  return {
    most: () => most,
    payloads: {
      async get(eventId: string) {
        begin()
        return untilItEnds(await payloads.get(eventId), end)
      },
    },
    upstreams: {
      async fetch(url: string, request: RequestInit) {
        begin()
        return upstreams.fetch(url, request).finally(end)
      },
    },
  }
}

/** The same byte stream, which says when it has ended or nobody reads on. */
function untilItEnds(stream: ReadableStream<Uint8Array>, end: () => void): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  return new ReadableStream<Uint8Array>({
    type: 'bytes',
    async pull(controller: ReadableByteStreamController) {
      const { done, value } = await reader.read()
      if (!done) return controller.enqueue(value)
      end()
      controller.close()
      controller.byobRequest?.respond(0)
    },
    cancel(reason: unknown) {
      end()
      return reader.cancel(reason)
    },
  } as unknown as UnderlyingSource<Uint8Array>)
}
