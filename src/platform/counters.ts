import { keys } from '#core/keys.ts'
import type { Clock, CounterSums, Counters } from '#core/ports.ts'
import { Promised } from '#core/promised.ts'
import type { Env } from './env.ts'
import { Tally } from './tally.ts'

/** Deltas wait at most this long, or for this many counts of one app: some 100 of its requests. */
const flushAfterMs = 5_000
const flushAfterCounts = 600
/** The clock is looked at once a walk, and beside that for one count of an app in so many: a look costs more than a count. */
const countsPerLook = 16
/** Meters asked side by side for `/metrics`. */
const readAtOnce = 50

/**
 * Counters that gather in this isolate and are flushed to one meter per app. What an isolate counted in
 * the last 5 s may be lost with it: counters describe, nothing is decided by them alone.
 */
export function meteredCounters(
  { METER, REGISTRY }: Pick<Env, 'METER' | 'REGISTRY'>,
  clock: Clock,
  background: (work: Promise<unknown>) => void,
): Counters {
  let pending = new Map<string, Tally>()
  const nextFlush = new Promised(flushAfterMs, background, flush)

  return {
    count(app, name, labels = noLabels, by = 1) {
      const own = of(app)
      own.count(name, labels, by)
      counted(app, own)
    },

    countEach(app, name, labels) {
      const own = of(app)
      own.countEach(name, labels)
      counted(app, own, true)
    },

    observe(app, name, labels, ms) {
      const own = of(app)
      own.observe(name, labels, ms)
      counted(app, own)
    },

    async lastSeen(app) {
      const { heardAtMs } = await METER.getByName(app).read()
      return heardAtMs === undefined ? undefined : new Date(heardAtMs)
    },

    async lastCounted(app, name, labels) {
      const atMs = await METER.getByName(app).countedAt(JSON.stringify([name, labels]))
      return atMs === undefined ? undefined : new Date(atMs)
    },

    async sums() {
      await flush()
      const apps = ['-', ...(await registeredApps())]
      const series: CounterSums['series'][number][] = []
      let ageSeconds = 0
      for (let at = 0; at < apps.length; at += readAtOnce) {
        await Promise.all(
          apps.slice(at, at + readAtOnce).map(async app => {
            const meter = await METER.getByName(app).read()
            if (meter.heardAtMs !== undefined)
              ageSeconds = Math.max(ageSeconds, (clock.now().getTime() - meter.heardAtMs) / 1000)
            for (const [key, value] of Object.entries(meter.series)) {
              const [name, labels] = JSON.parse(key)
              series.push({ app, name, labels, value })
            }
          }),
        )
      }
      return { series, ageSeconds }
    },
  }

  function of(app: string): Tally {
    const known = pending.get(app)
    if (known) return known
    const fresh = new Tally()
    pending.set(app, fresh)
    return fresh
  }

  function counted(app: string, own: Tally, isWalk = false): void {
    if (own.counts >= flushAfterCounts) {
      pending.delete(app)
      background(report(app, own.deltas(), clock.now().getTime()))
      return
    }
    if (isWalk || own.counts % countsPerLook === 1) nextFlush.make(clock.now().getTime())
  }

  async function flush(): Promise<void> {
    const flushed = pending
    pending = new Map()
    nextFlush.kept()
    const nowMs = clock.now().getTime()
    await Promise.all([...flushed].map(([app, own]) => report(app, own.deltas(), nowMs)))
  }

  /** A meter that does not answer gets the same deltas with the next flush. */
  async function report(app: string, deltas: ReadonlyMap<string, number>, nowMs: number): Promise<void> {
    try {
      await METER.getByName(app).add(Object.fromEntries(deltas), nowMs)
    } catch {
      for (const [key, by] of deltas) of(app).add(key, by)
    }
  }

  async function registeredApps(): Promise<string[]> {
    const apps: string[] = []
    let cursor: string | undefined
    do {
      const page = await REGISTRY.list({ prefix: keys.pointers, ...(cursor && { cursor }) })
      apps.push(...page.keys.map(({ name }) => name.slice(keys.pointers.length)))
      cursor = page.list_complete ? undefined : page.cursor
    } while (cursor)
    return apps
  }
}

const noLabels: Readonly<Record<string, string>> = Object.freeze({})
