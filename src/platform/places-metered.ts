import type { Place, Places, SoughtPlace } from '#core/egress/places.ts'
import type { Clock } from '#core/ports.ts'
import type { Env } from './env.ts'

/** Notes wait at most this long before they go to the meter of their app. */
const flushAfterMs = 5_000

/** Different places that wait for one app; more than these are let go of until the next flush. */
const maxWaiting = 200

/** Places gather in this isolate and are flushed to the app's meter. What was not flushed is lost with the isolate. */
export function meteredPlaces(
  { METER }: Pick<Env, 'METER'>,
  clock: Clock,
  background: (work: Promise<unknown>) => void,
): Places {
  let waiting = new Map<string, Map<string, number>>()
  /** A promise made in a request may be cut off with it, so an old one is made again. */
  let promisedMs = Number.NEGATIVE_INFINITY

  return {
    note(app, { method, origin, path }) {
      const own = waiting.get(app) ?? new Map<string, number>()
      waiting.set(app, own)
      const key = JSON.stringify([method, origin, path])
      if (own.has(key) || own.size < maxWaiting) own.set(key, (own.get(key) ?? 0) + 1)
      const nowMs = clock.now().getTime()
      if (nowMs - promisedMs < 2 * flushAfterMs) return
      promisedMs = nowMs
      background(later(flushAfterMs).then(flush))
    },

    async list(app) {
      await flush()
      const rows = await METER.getByName(app).places(clock.now().getTime())
      return rows.map(({ key, n, last }) => ({ ...placeOf(key), count: n, lastAt: new Date(last).toISOString() }))
    },
  }

  async function flush(): Promise<void> {
    const flushed = waiting
    waiting = new Map()
    promisedMs = Number.NEGATIVE_INFINITY
    const nowMs = clock.now().getTime()
    const reports = [...flushed].map(([app, own]) => METER.getByName(app).sought(Object.fromEntries(own), nowMs))
    await Promise.allSettled(reports)
  }
}

function placeOf(key: string): Omit<SoughtPlace, 'count' | 'lastAt'> {
  const [method, origin, path] = JSON.parse(key) as [Place['method'], Place['origin'], Place['path']]
  return { method, origin, path }
}

function later(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
