import { utf8Bytes } from '#core/encoding.ts'
import { Fault, faultRow } from '#core/fault.ts'
import { type BodyKind, editsOf, maskBody, type RefusedBody, readableAs, refusedUnread } from '../body.ts'
import { spliced } from '../edit.ts'
import type { Media } from '../media.ts'
import type { MaskingPass } from '../pass.ts'
import type { Restorer } from '../restorer.ts'
import { ByteFlow, type Bytes } from './byte-flow.ts'
import { CutShort } from './cut-short.ts'
import { EventFraming, LineFraming } from './framing.ts'
import { type FlowReading, maskingFlow } from './masking-flow.ts'
import { MessageRewriter } from './message-rewriter.ts'
import { RestoreFlow } from './restore-flow.ts'
import type { TextFlow } from './text-flow.ts'

export type AnswerStream = TransformStream<Uint8Array, Uint8Array>

/** What becomes of an answer whose body is yet to come. */
export type MaskedAnswer =
  | { readonly kind: 'stream'; readonly stream: AnswerStream }
  | RefusedBody
  | { readonly kind: 'unread' }

/**
 * Masks an answer as it streams. Events, lines and text leave as they come; JSON, forms and parts leave when they are
 * whole. What is to leave is looked through first: where a value is left in it, the stream ends with an error before
 * it, which in a stream of events is an `event: error` with the fault's code. How the body came in chunks makes no
 * difference.
 */
export function maskAnswer(kind: BodyKind, pass: MaskingPass): MaskedAnswer {
  const media = readableAs(kind)
  if (typeof media === 'string') return pass.plan.unknown === 'pass' ? { kind: 'unread' } : refusedUnread(media)
  const whole = (bytes: Uint8Array<ArrayBuffer>) => {
    const result = maskBody(bytes, kind, pass)
    if (result.kind === 'refused') throw new Fault(result.code, result.detail)
    return result.body
  }
  return { kind: 'stream', stream: streamOf(media, reading => maskingFlow(reading, pass), whole, kind.maxBytes) }
}

/**
 * Puts originals back into an answer as it streams: into its text, its tool calls, its fields. It holds back no more
 * than a token that may have begun; JSON leaves when it is whole.
 *
 * @returns `undefined` for a body that is not read, which leaves as it is
 */
export function restoreAnswer(kind: BodyKind, restorer: Restorer): AnswerStream | undefined {
  const media = readableAs(kind)
  if (typeof media === 'string' || restorer.longest === 0) return undefined
  const whole = (bytes: Uint8Array<ArrayBuffer>) => {
    const text = new TextDecoder().decode(bytes)
    const { edits, failure } = editsOf(text, media, restorer)
    return failure || edits.length === 0 ? bytes : utf8Bytes(spliced(text, edits))
  }
  return streamOf(media, reading => restoringFlow(reading, restorer), whole, kind.maxBytes)
}

function restoringFlow(reading: FlowReading, restorer: Restorer): TextFlow {
  if (reading === 'text') return new RestoreFlow(restorer, false)
  const rewriter = new MessageRewriter({ judge: restorer, flow: isJson => new RestoreFlow(restorer, isJson) })
  return reading === 'events' ? new EventFraming(rewriter) : new LineFraming(rewriter)
}

function streamOf(
  { reading }: Media,
  flow: (reading: FlowReading) => TextFlow,
  whole: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array,
  maxBytes?: number,
): AnswerStream {
  if (reading === 'events') return piped(ByteFlow.ofText(flow(reading)), errorEvent)
  if (reading === 'lines' || reading === 'text') return piped(ByteFlow.ofText(flow(reading)))
  return piped(ByteFlow.ofWhole(whole, maxBytes))
}

/** @param farewell what a stream says before it ends with a fault; without one it breaks off */
function piped(flow: Bytes, farewell?: (fault: Fault) => string): AnswerStream {
  const guarded = (controller: TransformStreamDefaultController<Uint8Array>, step: () => Uint8Array) => {
    try {
      const bytes = step()
      if (bytes.length > 0) controller.enqueue(bytes)
    } catch (error) {
      const { before, fault } = error instanceof CutShort ? error : { before: '', fault: error }
      if (!farewell || !(fault instanceof Fault)) throw error
      controller.enqueue(utf8Bytes(before + farewell(fault)))
      controller.terminate()
    }
  }
  return new TransformStream({
    transform: (chunk, controller) => guarded(controller, () => flow.push(chunk)),
    flush: controller => guarded(controller, () => flow.end()),
  })
}

/** What a stream of events says before it ends with a fault; clients of models throw what stands in `error`. */
export function errorEvent({ code }: Fault): string {
  const { title, status } = faultRow(code)
  const problem = { type: `/faults/${code}`, title, status, code, error: { type: 'gatehouse', code, message: title } }
  return `event: error\ndata: ${JSON.stringify(problem)}\n\n`
}
