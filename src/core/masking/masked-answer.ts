import { Fault } from '#core/fault.ts'
import type { BodyBudget } from '#core/pipeline/body.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import type { Withheld } from '#core/pipeline/policy.ts'
import { maskBody, readableAs } from './body.ts'
import type { MaskingPass } from './pass.ts'
import type { Restorer } from './restorer.ts'
import { maskAnswer, restoreAnswer } from './streams/answer.ts'

/** Headers that describe bytes which are no longer the ones sent (RFC 9110 §8.8.3, RFC 9530). */
export const ofTheBytes = [
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'digest',
  'etag',
  'repr-digest',
]

/** Encodings that the runtime has undone by the time a body is read. */
const undone = ['identity', 'gzip', 'x-gzip', 'deflate', 'br']

/** Whether the body of an answer can be read: its encoding is one that the runtime undoes. */
export function isUnpacked(headers: Headers): boolean {
  const encodings = (headers.get('content-encoding') ?? 'identity').toLowerCase().split(',')
  return encodings.every(one => undone.includes(one.trim()))
}

/** What is to become of an answer: originals are put back first, then it is masked. */
export interface AnswerWork {
  readonly restorer?: Restorer
  readonly pass?: MaskingPass
  /** The memory in which an answer that must be whole is held. */
  readonly bodies: BodyBudget
  readonly maxBytes: number
}

/**
 * An app's or an outside's answer as it may leave. Events, lines and text leave as they come; JSON, forms and
 * parts leave when they are whole, so that one that cannot be masked is refused and not broken off.
 *
 * @param ended called once nothing more of it will come
 */
export async function maskedAnswer(
  answer: Response,
  { restorer, pass, bodies, maxBytes }: AnswerWork,
  ended: () => void,
): Promise<Response | Withheld> {
  const withheld = (detail: string, fault: Withheld['fault'] = 'masking-failed') => ({
    fault,
    detail,
    original: answer,
  })
  if (pass && (answer.status === 206 || answer.status === 101)) return withheld(`status ${answer.status}`)
  if (!isUnpacked(answer.headers)) return pass ? withheld('an encoding that cannot be undone') : answer
  if (!answer.body) return answer

  const kind = { contentType: answer.headers.get('content-type'), maxBytes }
  const headers = new Headers(answer.headers)
  for (const name of ofTheBytes) headers.delete(name)
  const { status, statusText } = answer
  const media = readableAs(kind)
  const restoring = restorer && restoreAnswer(kind, restorer)
  if (typeof media === 'string' || ['events', 'lines', 'text'].includes(media.reading) || !pass) {
    const masking = pass && maskAnswer(kind, pass)
    if (masking && masking.kind === 'refused') return withheld(masking.detail, masking.code)
    const restored = restoring ? answer.body.pipeThrough(restoring) : answer.body
    const masked = masking?.kind === 'stream' ? restored.pipeThrough(masking.stream) : restored
    return new Response(masked.pipeThrough(tail(ended)), { status, statusText, headers })
  }

  const { body } = answer
  const reader = new BodyReader(() => (restoring ? body.pipeThrough(restoring) : body), null, bodies)
  reader.capAt(maxBytes)
  try {
    const result = maskBody(await reader.read(), kind, pass)
    ended()
    if (result.kind === 'refused') return withheld(result.detail, result.code)
    return new Response(result.body, { status, statusText, headers })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return withheld(`${error.code}: ${error.detail}`)
  } finally {
    reader.release()
  }
}

/** Passes everything on, and tells when no more comes, whoever ended it. */
function tail(ended: () => void): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({ flush: ended, cancel: ended } as Transformer<Uint8Array, Uint8Array>)
}
