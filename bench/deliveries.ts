import type { LoadReport } from './load.ts'
import { monotonicMs, sleep } from './monotonic.ts'
import type { AppAnswer, AppCall } from './sample-app.ts'
import type { Subprocess } from './subprocess.ts'

/** What the app saw of the events that the vendor got a 202 for. */
export interface Delivered {
  readonly accepted: number
  /** Accepted events that came once, more than once, and never. */
  readonly once: number
  readonly repeated: number
  readonly lost: number
  /** From the last 202 to the last arrival. */
  readonly drainSeconds: number
  /** To the first arrival, from the 202 and from when the request was sent or due. One for each event that came. */
  readonly fromAnswerMs: readonly number[]
  readonly fromSentMs: readonly number[]
}

/**
 * With no arrival for so long, what has not come is taken for lost. Longer than a sibling waits at most before it
 * hands an event over again, and than a lease lasts.
 */
const patienceMs = 90_000
/** After the last arrival: repetitions come, and outcomes are recorded, before the next run. */
const restMs = 300

/** Waits until the mailboxes have drained, and compares what was accepted with what came. */
export async function drained(app: Subprocess<AppCall, AppAnswer>, load: LoadReport): Promise<Delivered> {
  const ids = load.bodies.map(body => String(JSON.parse(body).eventId))
  let seen = -1
  let changedMs = monotonicMs()
  // the app also sees events of requests that were given up, so enough of them are not all of those accepted
  const isComplete = async () => seen >= ids.length && (await app.call({ ask: 'missing', of: ids })).missing === 0
  while (!(await isComplete()) && monotonicMs() - changedMs < patienceMs) {
    const answer = await app.call({ ask: 'seen' })
    if (answer.seen !== seen) changedMs = monotonicMs()
    else await sleep(50)
    seen = answer.seen
  }
  await sleep(restMs)
  const { arrivals } = await app.call({ ask: 'take' })
  const times = ids.map(id => arrivals.get(id) ?? [])
  const came = times.flatMap(([first], index) => (first === undefined ? [] : [{ first, index }]))
  const last = came.reduce((latest, { first }) => Math.max(latest, first), 0)
  return {
    accepted: ids.length,
    once: times.filter(({ length }) => length === 1).length,
    repeated: times.filter(({ length }) => length > 1).length,
    lost: times.filter(({ length }) => length === 0).length,
    drainSeconds: Math.max(0, last - load.answeredMs.reduce((latest, ms) => Math.max(latest, ms), 0)) / 1000,
    fromAnswerMs: came.map(({ first, index }) => first - (load.answeredMs[index] ?? 0)),
    fromSentMs: came.map(({ first, index }) => first - (load.sentMs[index] ?? 0)),
  }
}
