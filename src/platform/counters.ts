import { keys } from '#core/keys.ts'
import { later } from '#core/later.ts'
import type { Clock, CounterSums, Counters } from '#core/ports.ts'
import { bucketOf } from '#core/telemetry/histogram.ts'
import type { Env } from './env.ts'

/** Deltas wait at most this long, or for this many counts of one app: some 100 of its requests. */
const flushAfterMs = 5_000
const flushAfterCounts = 800
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
  let pending = new Map<string, Gathered>()
  /** When a flush was last promised. A promise made in a request may be cut off with it, so an old one is made again. */
  let promisedMs = Number.NEGATIVE_INFINITY

  return {
    count(app, name, labels = noLabels, by = 1) {
      const own = of(app)
      add(own, keyOf(name, labels), by)
      counted(app, own)
    },

    countEach(app, name, labels) {
      const own = of(app)
      const lists = own.lists.get(name) ?? new Map<readonly Labels[], number>()
      own.lists.set(name, lists.set(labels, (lists.get(labels) ?? 0) + 1))
      counted(app, own)
    },

    observe(app, name, labels, ms) {
      const own = of(app)
      add(own, keyOf(name, { ...labels, le: bucketOf(ms) }), 1)
      add(own, keyOf(name, { ...labels, le: 'sum' }), ms)
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

  function of(app: string): Gathered {
    const known = pending.get(app)
    if (known) return known
    const fresh = { series: new Map(), lists: new Map(), counts: 0 }
    pending.set(app, fresh)
    return fresh
  }

  function counted(app: string, own: Gathered): void {
    own.counts += 1
    if (own.counts >= flushAfterCounts) {
      pending.delete(app)
      background(report(app, deltasOf(own), clock.now().getTime()))
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
    promisedMs = Number.NEGATIVE_INFINITY
    const nowMs = clock.now().getTime()
    await Promise.all([...flushed].map(([app, own]) => report(app, deltasOf(own), nowMs)))
  }

  /** A meter that does not answer gets the same deltas with the next flush. */
  async function report(app: string, deltas: ReadonlyMap<string, number>, nowMs: number): Promise<void> {
    try {
      await METER.getByName(app).add(Object.fromEntries(deltas), nowMs)
    } catch {
      for (const [key, by] of deltas) add(of(app), key, by)
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

type Labels = Readonly<Record<string, string>>

/** What was counted of one app since its last flush. */
interface Gathered {
  readonly series: Map<string, number>
  /** How often each list of labels came, by the counter's name. */
  readonly lists: Map<string, Map<readonly Labels[], number>>
  counts: number
}

function add({ series }: Gathered, key: string, by: number): void {
  series.set(key, (series.get(key) ?? 0) + by)
}

/** All that was counted, each series once. */
function deltasOf(own: Gathered): ReadonlyMap<string, number> {
  for (const [name, counted] of own.lists) {
    for (const [labels, times] of counted) for (const each of labels) add(own, keyOf(name, each), times)
  }
  return own.series
}

const noLabels: Labels = Object.freeze({})
function keyOf(name: string, labels: Labels): string {
  return JSON.stringify([name, labels])
}
