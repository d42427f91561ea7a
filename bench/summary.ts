import type { Outcome } from './mailbox.ts'
import { type Latency, latencyOf, median } from './percentiles.ts'
import type { TargetName } from './stage.ts'

/** Rates are medians over the rounds; a ratio is the median of the rounds' own ratios. */
export interface Throughput {
  readonly target: TargetName
  readonly connections: number
  readonly perSecond: number
  /** The slowest and the fastest round. */
  readonly slowest: number
  readonly fastest: number
  /** To the bare worker in the same round. */
  readonly ratioToBare: number
  /** Of the target's workerd per event, delivery included. */
  readonly cpuMicroseconds: number
}

/** Latencies in ms, over the samples of all rounds. */
export interface AtRate {
  readonly target: TargetName
  readonly perSecond: number
  /** From when the request was due to its 202. */
  readonly accept: Latency
  /** From the 202, and from when the request was due, to the arrival at the app. */
  readonly deliveryFromAnswer: Latency
  readonly deliveryFromDue: Latency
  readonly cpuMicroseconds: number
}

/** Of all steps on one target together. */
export interface Completeness {
  readonly target: TargetName
  readonly accepted: number
  readonly once: number
  readonly repeated: number
  readonly lost: number
  /** The longest that any step's deliveries went on after its last 202. */
  readonly longestDrainSeconds: number
}

export function throughputs(outcomes: readonly Outcome[]): Throughput[] {
  return grouped(outcomes, ({ target, shape }) =>
    shape.kind === 'closed' ? `${target} ${shape.connections}` : undefined,
  ).map(group => {
    const [{ target, shape }] = group
    const rates = group.map(rateOf)
    const ratios = group.map((own, round) => {
      const bare = outcomes.find(other => other.target === 'bare' && other.round === own.round && sameShape(other, own))
      return (rates[round] ?? 0) / (bare ? rateOf(bare) : Number.NaN)
    })
    return {
      target,
      connections: shape.kind === 'closed' ? shape.connections : 0,
      perSecond: median(rates),
      slowest: Math.min(...rates),
      fastest: Math.max(...rates),
      ratioToBare: median(ratios),
      cpuMicroseconds: median(group.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    }
  })
}

export function atRates(outcomes: readonly Outcome[]): AtRate[] {
  return grouped(outcomes, ({ target, shape }) =>
    shape.kind === 'open' ? `${target} ${shape.perSecond}` : undefined,
  ).map(group => {
    const [{ target, shape }] = group
    return {
      target,
      perSecond: shape.kind === 'open' ? shape.perSecond : 0,
      accept: latencyOf(
        group.flatMap(({ load }) => load.answeredMs.map((ms, index) => ms - (load.sentMs[index] ?? 0))),
      ),
      deliveryFromAnswer: latencyOf(group.flatMap(({ delivered }) => delivered?.fromAnswerMs ?? [])),
      deliveryFromDue: latencyOf(group.flatMap(({ delivered }) => delivered?.fromSentMs ?? [])),
      cpuMicroseconds: median(group.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    }
  })
}

export function completeness(outcomes: readonly Outcome[]): Completeness[] {
  return grouped(outcomes, ({ target, delivered }) => delivered && target).map(group => {
    const all = group.flatMap(({ delivered }) => delivered ?? [])
    const sum = (part: 'accepted' | 'once' | 'repeated' | 'lost') => all.reduce((total, each) => total + each[part], 0)
    return {
      target: group[0].target,
      accepted: sum('accepted'),
      once: sum('once'),
      repeated: sum('repeated'),
      lost: sum('lost'),
      longestDrainSeconds: Math.max(...all.map(({ drainSeconds }) => drainSeconds)),
    }
  })
}

export function rateOf({ load }: Outcome): number {
  return load.bodies.length / load.seconds
}

function sameShape({ shape: one }: Outcome, { shape: other }: Outcome): boolean {
  return one.kind === 'closed' && other.kind === 'closed' && one.connections === other.connections
}

type Group = [Outcome, ...Outcome[]]

/** By key, in the order in which the keys first come; what has none is left out. */
function grouped(outcomes: readonly Outcome[], key: (outcome: Outcome) => string | undefined): Group[] {
  const groups = new Map<string, Group>()
  for (const outcome of outcomes) {
    const name = key(outcome)
    if (name === undefined) continue
    const group = groups.get(name)
    if (group) group.push(outcome)
    else groups.set(name, [outcome])
  }
  return [...groups.values()]
}
