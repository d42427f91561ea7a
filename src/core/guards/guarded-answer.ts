import { Fault } from '#core/fault.ts'
import type { AnswerGuards } from '#core/manifest/guard-schema.ts'
import { maxBodyBytes } from '#core/manifest/limits-schema.ts'
import { isUnpacked, ofTheBytes } from '#core/masking/masked-answer.ts'
import { mediaOf } from '#core/masking/media.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import type { Finish, Withheld } from '#core/pipeline/policy.ts'
import type { analyzed } from './analyzer.ts'
import { guardedStream } from './guarded-stream.ts'
import { type Judgement, localJudgements, remoteJudgement, unjudged } from './judgement.ts'
import { promptOf } from './prompt.ts'

/** What looks at one answer. */
export interface AnswerJudge {
  readonly guards: AnswerGuards
  readonly reach: Parameters<typeof analyzed>[2]
  /** What denies is only told. */
  readonly isShadow: boolean
  note(judgement: Judgement): void
}

/**
 * An answer of a model as it may reach the app: JSON when it is whole, at most 25 MiB of it; events, lines and text
 * as they come. One that is denied is withheld; what cannot be read is for each guard to close or leave open.
 */
export async function guardedAnswer(answer: Response, judge: AnswerJudge): Promise<Finish> {
  if (!answer.body) return undefined
  const reading = isUnpacked(answer.headers) ? mediaOf(answer.headers.get('content-type'))?.reading : undefined
  if (!reading || reading === 'form' || reading === 'parts')
    return finished(answer, unjudged(judge.guards, 'no answer of a type that is read'), judge)
  if (reading === 'json') return guardedJson(answer, answer.body, judge)
  return likewise(answer, answer.body.pipeThrough(guardedStream(reading, judge)))
}

async function guardedJson(answer: Response, body: ReadableStream, judge: AnswerJudge): Promise<Finish> {
  const { guards, reach } = judge
  const reader = new BodyReader(() => body, null, reach.bodies)
  reader.capAt(maxBodyBytes)
  try {
    const bytes = await reader.read()
    const prompt = promptOf(bytes)
    const found = prompt ? localJudgements(prompt, guards) : unjudged(guards, 'the answer is no JSON')
    if (prompt && guards.remote && !found.some(({ verdict }) => verdict === 'deny')) {
      const { located: _, ...judgement } = await remoteJudgement(prompt, guards.remote, reach)
      found.push(judgement)
    }
    return finished(likewise(answer, bytes), found, judge)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return denied(answer, `${error.code}: ${error.detail}`)
  } finally {
    reader.release()
  }
}

function finished(answer: Response, found: readonly Judgement[], { note }: AnswerJudge): Response | Withheld {
  for (const judgement of found) note(judgement)
  const refused = found.find(({ verdict }) => verdict === 'deny')
  return refused ? denied(answer, `${refused.hook}: ${refused.reason}`) : answer
}

const denied = (original: Response, detail: string): Withheld => ({ fault: 'egress-denied', detail, original })

/** The same bytes, but perhaps not all of them, and no longer packed. */
function likewise({ status, statusText, headers: given }: Response, body: BodyInit): Response {
  const headers = new Headers(given)
  for (const name of ofTheBytes) headers.delete(name)
  return new Response(body, { status, statusText, headers })
}
