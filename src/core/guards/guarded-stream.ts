import { utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import { joined } from '#core/joined.ts'
import { errorEvent } from '#core/masking/streams/answer.ts'
import { ByteFlow } from '#core/masking/streams/byte-flow.ts'
import { CutShort } from '#core/masking/streams/cut-short.ts'
import { EventFraming, LineFraming } from '#core/masking/streams/framing.ts'
import type { FlowReading } from '#core/masking/streams/masking-flow.ts'
import type { TextFlow } from '#core/masking/streams/text-flow.ts'
import { AnswerWatch } from './answer-watch.ts'
import type { AnswerJudge } from './guarded-answer.ts'
import { type Judgement, remoteJudgement, typesOf, unjudged } from './judgement.ts'

/** An analyzer is asked for so many characters of an answer at once, and what holds them waits for it. */
const windowLength = 2_000
/** No more bytes wait for an analyzer. */
const maxHeldBytes = 262_144

const framings: Record<FlowReading, (watch: AnswerWatch) => TextFlow> = {
  events: watch => new EventFraming(watch),
  lines: watch => new LineFraming(watch),
  text: watch => ({ push: text => watch.text(text), end: () => '' }),
}

type Controller = TransformStreamDefaultController<Uint8Array>

/**
 * Looks at an answer as it streams, and lets its bytes through unchanged until a guard denies: then the stream ends
 * before the piece that was denied, in events with an `event: error`, and breaks off otherwise.
 */
export function guardedStream(reading: FlowReading, judge: AnswerJudge): TransformStream<Uint8Array, Uint8Array> {
  const { guards, reach, note } = judge
  const told = new Set<string>()
  const watch = new AnswerWatch(spans => {
    const verdict = guards.promptInjection
    if (verdict) decide({ hook: 'promptInjection', verdict, reason: typesOf(spans), spans })
  })
  const flow = ByteFlow.ofText(framings[reading](watch))
  const raw = new Raw()
  let remote = guards.remote
  let isOver = false

  /** @throws Fault `egress-denied` where it denies and is enforced */
  function decide(judgement: Judgement): void {
    const key = `${judgement.hook} ${judgement.verdict} ${judgement.reason}`
    if (!told.has(key) && told.size < 20) note(judgement)
    told.add(key)
    if (judgement.verdict === 'deny' && !judge.isShadow)
      throw new Fault('egress-denied', `${judgement.hook}: ${judgement.reason}`)
  }

  async function analyze(): Promise<void> {
    const { prompt, startOf } = watch.takeWindow()
    if (!remote || prompt.texts.length === 0) return
    const { located, ...judgement } = await remoteJudgement(prompt, remote, reach)
    const spans = located.slice(0, 100).map(({ type, pointer, index, start, end }) => {
      return { type, pointer, start: start + startOf(index), end: end + startOf(index) }
    })
    if (judgement.verdict === 'open') remote = undefined
    if (judgement.verdict !== 'pass') decide({ ...judgement, ...(spans.length > 0 && { spans }) })
  }

  /** What cannot be read is for each guard to close or leave open; where all leave it open, the rest passes unread. */
  function unread(fault: Fault, controller: Controller): void {
    isOver = true
    for (const judgement of unjudged(guards, fault.detail)) decide(judgement)
    controller.enqueue(raw.take())
  }

  async function step(controller: Controller, made: () => Uint8Array, isLast: boolean): Promise<void> {
    try {
      raw.releasable += made().length
      if (remote && (isLast || watch.windowLength >= windowLength || raw.releasable > maxHeldBytes)) await analyze()
      else if (!remote) watch.takeWindow()
      else return
      const bytes = raw.take(isLast ? undefined : raw.releasable)
      if (bytes.length > 0) controller.enqueue(bytes)
      if (isLast) for (const hook of passing()) note({ hook, verdict: 'pass', reason: '' })
    } catch (error) {
      const { before, fault } = error instanceof CutShort ? error : { before: '', fault: error }
      if (!(fault instanceof Fault)) throw error
      try {
        if (fault.code !== 'egress-denied') return unread(fault, controller)
        throw fault
      } catch (denied) {
        if (reading !== 'events' || !(denied instanceof Fault)) return controller.error(denied)
        const first = remote ? new Uint8Array() : raw.take(raw.releasable + utf8Bytes(before).length)
        if (first.length > 0) controller.enqueue(first)
        controller.enqueue(utf8Bytes(errorEvent(denied)))
        controller.terminate()
      }
    }
  }

  /** The guards that had nothing to say of the whole answer. */
  function passing() {
    const spoke = [...told].map(key => key.split(' ')[0])
    return (['promptInjection', 'remote'] as const).filter(hook => guards[hook] && !spoke.includes(hook))
  }

  return new TransformStream({
    transform(chunk, controller) {
      if (isOver) return controller.enqueue(chunk)
      raw.add(chunk)
      return step(controller, () => flow.push(chunk), false)
    },
    flush(controller) {
      return isOver ? undefined : step(controller, () => flow.end(), true)
    },
  })
}

/** Bytes that came and have not left. */
class Raw {
  /** So many of them have been looked at. */
  releasable = 0
  #chunks: Uint8Array[] = []

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
  }

  /** The first of them, or all. */
  take(count = Number.POSITIVE_INFINITY): Uint8Array {
    const whole = joined(this.#chunks)
    const taken = whole.subarray(0, count)
    const rest = whole.subarray(taken.length)
    this.#chunks = rest.length > 0 ? [rest] : []
    this.releasable = Math.max(0, this.releasable - taken.length)
    return taken
  }
}
