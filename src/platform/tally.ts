import { bucketOf } from '#core/telemetry/histogram.ts'

type Labels = Readonly<Record<string, string>>

/** Times by their bucket, and all together. */
interface Times {
  readonly buckets: Map<string, number>
  sumMs: number
}

/**
 * What was counted of one app since its last flush. It goes by the object of the labels, or of a list of them, and
 * writes series down by their labels only in the end: who counts with the same object again pays for no text.
 */
export class Tally {
  /** How often something was counted. */
  counts = 0
  readonly #single = new Map<string, Map<Labels, number>>()
  readonly #lists = new Map<string, Map<readonly Labels[], number>>()
  readonly #times = new Map<string, Map<Labels, Times>>()
  readonly #series = new Map<string, number>()

  count(name: string, labels: Labels, by: number): void {
    this.counts += 1
    const counted = within(this.#single, name)
    counted.set(labels, (counted.get(labels) ?? 0) + by)
  }

  countEach(name: string, list: readonly Labels[]): void {
    this.counts += 1
    const counted = within(this.#lists, name)
    counted.set(list, (counted.get(list) ?? 0) + 1)
  }

  observe(name: string, labels: Labels, ms: number): void {
    this.counts += 1
    const observed = within(this.#times, name)
    const times = observed.get(labels) ?? { buckets: new Map(), sumMs: 0 }
    observed.set(labels, times)
    const bucket = bucketOf(ms)
    times.buckets.set(bucket, (times.buckets.get(bucket) ?? 0) + 1)
    times.sumMs += ms
  }

  /** Puts back a series that could not be flushed. */
  add(key: string, by: number): void {
    this.#series.set(key, (this.#series.get(key) ?? 0) + by)
  }

  /** All that was counted, each series once, by its name and labels as JSON. */
  deltas(): ReadonlyMap<string, number> {
    for (const [name, counted] of this.#single) for (const [labels, by] of counted) this.add(keyOf(name, labels), by)
    for (const [name, counted] of this.#lists) {
      for (const [list, times] of counted) for (const labels of list) this.add(keyOf(name, labels), times)
    }
    for (const [name, observed] of this.#times) {
      for (const [labels, { buckets, sumMs }] of observed) {
        for (const [le, times] of buckets) this.add(keyOf(name, { ...labels, le }), times)
        this.add(keyOf(name, { ...labels, le: 'sum' }), sumMs)
      }
    }
    return this.#series
  }
}

function within<Key, Value>(maps: Map<string, Map<Key, Value>>, name: string): Map<Key, Value> {
  const known = maps.get(name)
  if (known) return known
  const fresh = new Map<Key, Value>()
  maps.set(name, fresh)
  return fresh
}

function keyOf(name: string, labels: Labels): string {
  return JSON.stringify([name, labels])
}
