import { joined } from '#core/joined.ts'
import { type Ending, maxKeptBytes } from './claim.ts'

/**
 * Reads an answer as far as it can be kept, and hands it on unchanged.
 *
 * @returns how the request ended, and the answer for the caller, whose body has been read or goes on
 */
export async function keeping(answer: Response): Promise<{ readonly ending: Ending; readonly answer: Response }> {
  if (answer.status === 101 || /^text\/event-stream\b/i.test(answer.headers.get('content-type') ?? ''))
    return { ending: { kind: 'unkept' }, answer }
  const reader = answer.body?.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  while (reader && length <= maxKeptBytes) {
    const { done, value } = await reader.read()
    if (done) return kept(answer, chunks)
    chunks.push(value)
    length += value.length
  }
  if (!reader) return kept(answer, chunks)
  const rest = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks.shift()
      if (chunk) return controller.enqueue(chunk)
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: reason => reader.cancel(reason),
  })
  return { ending: { kind: 'unkept' }, answer: new Response(rest, answer) }
}

function kept(answer: Response, chunks: readonly Uint8Array[]) {
  const body = joined(chunks)
  const { status } = answer
  const ending: Ending = { kind: 'answered', answer: { status, headers: [...answer.headers], body } }
  return { ending, answer: answer.body ? new Response(body, answer) : answer }
}
