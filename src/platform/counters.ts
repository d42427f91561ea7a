import { keys } from '#core/keys.ts'
import type { Clock, CounterSums, Counters } from '#core/ports.ts'
import { bucketOf } from '#core/telemetry/histogram.ts'
import type { Env } from './env.ts'

/** Deltas wait at most this long, or for this many counts, before they are flushed. */
const flushAfterMs = 5_000
const flushAfterCounts = 2_000
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
  let pending = new Map<string, Map<string, number>>()
  let counts = 0
  /** When a flush was last promised. A promise made in a request may be cut off with it, so an old one is made again. */
  let promisedMs = Number.NEGATIVE_INFINITY

  return {
    count: (app, name, labels = noLabels, by = 1) => add(app, keyOf(name, labels), by),

    observe(app, name, labels, ms) {
      add(app, JSON.stringify([name, { ...labels, le: bucketOf(ms) }]), 1)
      add(app, JSON.stringify([name, { ...labels, le: 'sum' }]), ms)
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

  function add(app: string, key: string, by: number): void {
    const own = pending.get(app) ?? new Map<string, number>()
    pending.set(app, own.set(key, (own.get(key) ?? 0) + by))
    counts += 1
    if (counts >= flushAfterCounts) {
      background(flush())
      return
    }
    const nowMs = clock.now().getTime()
    if (nowMs - promisedMs < 2 * flushAfterMs) return
    promisedMs = nowMs
    background(later(flushAfterMs).then(flush))
  }

  async function flush(): Promise<void> {
    const flushed = pending
    pending = new Map()
    counts = 0
    promisedMs = Number.NEGATIVE_INFINITY
    const nowMs = clock.now().getTime()
    await Promise.all([...flushed].map(([app, own]) => report(app, own, nowMs)))
  }

  /** A meter that does not answer gets the same deltas with the next flush. */
  async function report(app: string, own: ReadonlyMap<string, number>, nowMs: number): Promise<void> {
    try {
      await METER.getByName(app).add(Object.fromEntries(own), nowMs)
    } catch {
      const again = pending.get(app) ?? new Map<string, number>()
      for (const [key, by] of own) again.set(key, (again.get(key) ?? 0) + by)
      pending.set(app, again)
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
/** The keys of frozen labels, which are one object each time: every policy counts with every request. */
const knownKeys = new WeakMap<object, Map<string, string>>()

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  if (!Object.isFrozen(labels)) return JSON.stringify([name, labels])
  const known = knownKeys.get(labels)
  const key = known?.get(name) ?? JSON.stringify([name, labels])
  if (!known) knownKeys.set(labels, new Map([[name, key]]))
  else known.set(name, key)
  return key
}

function later(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
