import { median } from './percentiles.ts'

/** A ratio, and where it lies with 95 % confidence. */
export interface Interval {
  readonly ratio: number
  readonly low: number
  readonly high: number
}

/** Samples of two sides in ms, taken at about the same time. */
export type Round = readonly [readonly number[], readonly number[]]

const resamples = 2_000
const tail = 0.025

/**
 * The ratio of two p99s, each over all rounds: the first side's to the second's. Its interval is a bootstrap over the
 * rounds: what the machine did in one met both sides of it, and samples of one round are not independent of each other.
 */
export function ratioOf(rounds: readonly Round[]): Interval {
  const upper = p99By(rounds.map(([samples]) => samples))
  const lower = p99By(rounds.map(([, samples]) => samples))
  const ratio = (times: readonly number[]) => upper(times) / lower(times)
  const drawn = () => {
    const times = rounds.map(() => 0)
    for (const at of drawnOf(rounds)) times[at] = (times[at] ?? 0) + 1
    return times
  }
  return { ratio: ratio(rounds.map(() => 1)), ...bootstrap(() => ratio(drawn())) }
}

/** The middle of the ratios of single rounds, with a bootstrap over them. */
export function medianOf(ratios: readonly number[]): Interval {
  return { ratio: median(ratios), ...bootstrap(() => median(drawnOf(ratios).map(at => ratios[at] ?? Number.NaN))) }
}

/** As many places as there are, drawn anew with repetition. */
function drawnOf(places: readonly unknown[]): number[] {
  return places.map(() => Math.floor(Math.random() * places.length))
}

function bootstrap(draw: () => number): Pick<Interval, 'low' | 'high'> {
  const drawn = Float64Array.from({ length: resamples }, draw).sort()
  const at = (share: number) => drawn[Math.round(share * (resamples - 1))] ?? Number.NaN
  return { low: at(tail), high: at(1 - tail) }
}

/** Whether a ratio is at most so much, as far as its interval tells. */
export function verdictOn({ low, high }: Interval, atMost: number): 'met' | 'missed' | 'not decided' {
  if (high < atMost) return 'met'
  return low > atMost ? 'missed' : 'not decided'
}

/** The p99 of rounds of which each counts so many times. */
function p99By(rounds: readonly (readonly number[])[]): (times: readonly number[]) => number {
  const slowestFirst = rounds
    .flatMap((samples, round) => samples.map(ms => ({ ms, round })))
    .sort((one, other) => other.ms - one.ms)
  return times => {
    const count = rounds.reduce((sum, { length }, round) => sum + length * (times[round] ?? 0), 0)
    let above = count - Math.ceil(0.99 * count)
    for (const { ms, round } of slowestFirst) {
      above -= times[round] ?? 0
      if (above < 0) return ms
    }
    return Number.NaN
  }
}
