import { PauseWatch } from './pause-watch.ts'
import type { Scrubber } from './scrub/scrubber.ts'

/** How an answer ended: to its last byte, broken off by the outside or by a limit, or left by the app. */
export type Ending = 'whole' | 'broken' | 'too-large' | 'paused' | 'left'

export interface AnswerTerms {
  readonly maxBytes: number
  /** How long the outside may pause. Only its own time counts: an app that reads slowly is waited for. */
  readonly pauseMs: number
  readonly scrubber?: Scrubber
  /** Sees every piece as it came from the outside. */
  readonly watch?: (piece: Uint8Array) => void
  /** Called once, whatever the ending. */
  readonly ended: (ending: Ending, bytes: number) => void
}

/**
 * Why an answer breaks off. The runtime takes what may be tried again for a lost connection: the app's own breaks
 * off, and the runtime does not log the error as one that nobody caught.
 */
class CutOff extends Error {
  readonly retryable = true
}

/**
 * An answer on its way to the app: piece by piece as it comes, asked for only when the app reads, within its
 * limits. Past a limit the stream errors, so that a cut answer is never taken for a whole one.
 */
export function answerStream(body: ReadableStream<Uint8Array>, terms: AnswerTerms): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const watch = new PauseWatch(terms.pauseMs)
  let bytes = 0
  let isEnded = false
  const end = (ending: Ending) => {
    if (!isEnded) terms.ended(ending, bytes)
    isEnded = true
    watch.stop()
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const enqueue = (piece: Uint8Array | undefined) => {
          if (piece && piece.length > 0) controller.enqueue(piece)
          return piece !== undefined && piece.length > 0
        }
        const breakOff = (ending: Ending, why: string) => {
          end(ending)
          reader.cancel(why).catch(() => {})
          controller.error(new CutOff(why))
        }
        for (;;) {
          const next = await watch.within(reader.read())
          if (next === 'late') return breakOff('paused', 'the outside paused for too long')
          if (next === 'failed') return breakOff('broken', 'the outside broke its answer off')
          if (next.done) {
            enqueue(terms.scrubber?.rest())
            end('whole')
            return controller.close()
          }
          const piece = next.value
          bytes += piece.length
          if (bytes > terms.maxBytes) return breakOff('too-large', `the answer is larger than ${terms.maxBytes} bytes`)
          terms.watch?.(piece)
          if (enqueue(terms.scrubber ? terms.scrubber.piece(piece) : piece)) return
        }
      },
      cancel(reason) {
        end('left')
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
