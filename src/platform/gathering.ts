import type { Clock } from '#core/ports.ts'
import { Promised } from '#core/promised.ts'

/** Notes wait at most this long before they go to the meter of their app. */
const flushAfterMs = 5_000
/** Different notes that wait for one app; more than these are let go of until the next flush. */
const maxWaiting = 200

/** Notes by app and key, gathered in this isolate. What was not flushed is lost with it. */
export interface Gathering<Note> {
  /** Joins a note to the one before it of the same key. */
  add(app: string, key: string, join: (before: Note | undefined) => Note): void
  flush(): Promise<void>
}

export function gathering<Note>(
  clock: Clock,
  background: (work: Promise<unknown>) => void,
  send: (app: string, notes: Readonly<Record<string, Note>>, nowMs: number) => Promise<unknown>,
): Gathering<Note> {
  let waiting = new Map<string, Map<string, Note>>()
  const nextFlush = new Promised(flushAfterMs, background, flush)

  return { add, flush }

  function add(app: string, key: string, join: (before: Note | undefined) => Note): void {
    const own = waiting.get(app) ?? new Map<string, Note>()
    waiting.set(app, own)
    if (own.has(key) || own.size < maxWaiting) own.set(key, join(own.get(key)))
    nextFlush.make(clock.now().getTime())
  }

  async function flush(): Promise<void> {
    const flushed = waiting
    waiting = new Map()
    nextFlush.kept()
    const nowMs = clock.now().getTime()
    await Promise.allSettled([...flushed].map(([app, own]) => send(app, Object.fromEntries(own), nowMs)))
  }
}
