import { Fault } from '#core/fault.ts'
import { later } from '#core/later.ts'
import type { Clock, Counters, Log, Switches } from '#core/ports.ts'
import { within } from '#core/within.ts'
import type { News, Standing } from './standing.ts'

/** How old the knowledge may be before it is asked for again in the background, and before it is asked for first. */
const askAfterMs = 2_000
const waitAfterMs = 5_000
/** How long a request waits for the switchboard. */
const answerMs = 300
/** While one request asks, the others look this often whether the answer has come. */
const lookMs = 5

export interface SwitchSource {
  /** @param since the version of the last answer; 0 asks for every app that is not open */
  news(since: number): Promise<News>
  /** What was written where it lasts, for an isolate that knows nothing and gets no answer. */
  lasting(): Promise<readonly { readonly app: string; readonly standing: Standing }[]>
}

/**
 * The switches as the hot path sees them: this isolate's memory, at most 5 s old while there is traffic.
 * A switchboard that does not answer is counted; what was known last stands.
 *
 * @param changed told of every app whose entry or secrets are newer than what was known
 */
export function knownSwitches(
  source: SwitchSource,
  changed: (app: string) => void,
  { clock, log, counters }: { readonly clock: Clock; readonly log: Log; readonly counters: Counters },
  background: (work: Promise<unknown>) => void,
): Switches {
  let standings = new Map<string, Standing>()
  let version = 0
  let heardMs = Number.NEGATIVE_INFINITY
  let askedMs = Number.NEGATIVE_INFINITY
  const nowMs = () => clock.now().getTime()
  /** A clock that was set back makes knowledge old, not young. */
  const isYounger = (sinceMs: number, ms: number) => nowMs() - sinceMs >= 0 && nowMs() - sinceMs < ms

  return {
    find(app) {
      if (!isYounger(heardMs, waitAfterMs)) return firstHear().then(() => standingOf(app))
      if (!isYounger(heardMs, askAfterMs) && !isYounger(askedMs, askAfterMs)) background(ask())
      return standingOf(app)
    },
  }

  function standingOf(app: string): Standing {
    return standings.get(app) ?? 'open'
  }

  async function ask(): Promise<void> {
    askedMs = nowMs()
    try {
      let isPartial = true
      while (isPartial) {
        const since = version
        const news = await within(answerMs, source.news(since))
        if (since === version) adopt(news, since)
        isPartial = news.isPartial
      }
      heardMs = nowMs()
    } catch (error) {
      counters.count('-', 'switchboard_away_total')
      log.write('error', 'switchboard-away', { detail: String(error) })
    }
  }

  function adopt(news: News, since: number): void {
    if (news.isWhole) standings = new Map()
    for (const { app, standing } of news.changed) {
      if (standing === 'open') standings.delete(app)
      else standings.set(app, standing)
      if (since > 0) changed(app)
    }
    version = news.version
  }

  /** One request asks, the others watch the memory; nobody awaits what another request began. */
  async function firstHear(): Promise<void> {
    if (isYounger(askedMs, answerMs)) {
      for (let looks = 0; looks * lookMs < answerMs && !isYounger(heardMs, waitAfterMs); looks++) await later(lookMs)
    } else if (!isYounger(askedMs, askAfterMs)) await ask()
    if (heardMs === Number.NEGATIVE_INFINITY) await recall()
  }

  /** Nothing was ever heard: what KV keeps must do, and without it nothing may pass. */
  async function recall(): Promise<void> {
    try {
      const lasting = await within(answerMs, source.lasting())
      for (const { app, standing } of lasting) if (standing !== 'open') standings.set(app, standing)
    } catch (error) {
      throw new Fault('overloaded', `neither the switchboard nor its copy in KV answers: ${error}`)
    }
  }
}
