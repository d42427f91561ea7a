import fc from 'fast-check'

/** Sends bytes through a stream in chunks that end at these places, and gives what came out. */
export async function through(
  bytes: Uint8Array,
  stream: TransformStream<Uint8Array, Uint8Array>,
  cuts: readonly number[] = [],
): Promise<string> {
  const places = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const chunks = [...places, bytes.length].map((end, index) => bytes.slice(places[index - 1] ?? 0, end))
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  return await new Response(source.pipeThrough(stream)).text()
}

/** Places to cut a stream at. */
export const cuts = fc.array(fc.nat({ max: 5_000 }), { maxLength: 30 })

/** A text cut at places. */
export function pieces(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map(place => place % (text.length + 1)))].sort((a, b) => a - b)
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end))
}
