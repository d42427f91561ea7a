import { drained } from './deliveries.ts'
import { type Interval, ratioOf } from './interval.ts'
import { monotonicMs, sleep } from './monotonic.ts'
import { type Latency, latencyOf } from './percentiles.ts'
import type { Extent } from './plan.ts'
import type { Stage } from './stage.ts'

/** Events that are stuck in the mailbox of the app that hangs. */
export const stuckEvents = 1_000
/** Attempts that hang at once: the concurrency of a source that asks for none. */
const hangingAtLeast = 10
/** What a round measures, a slice each. The second of the two that are alike says how much the machine alone makes of it. */
const arms = ['alone', 'again', 'beside'] as const
type Arm = (typeof arms)[number]

const patienceMs = 120_000
/** After the app has begun to hang, or has been paused. */
const restMs = 300

/** How long one app's events took from when they were due to be sent to their arrival, in ms. */
export interface IsolationFigures {
  /** Over all slices. */
  readonly latency: Readonly<Record<Arm, Latency>>
  /** The p99 to that of the app alone: beside the stuck events, and once more alone. */
  readonly besideToAlone: Interval
  readonly againToAlone: Interval
  readonly slices: number
  readonly isInMemory: boolean
  /** Requests to the app that hung, and those that hung at one moment at least. */
  readonly hungRequests: number
  readonly hangingAtOnce: number
  readonly lost: number
  readonly repeated: number
  readonly errors: readonly string[]
}

/**
 * Measures one app alone, alone once more, and beside another whose mailbox holds 1,000 events and whose
 * every attempt hangs until it gives up. Short slices of the three take turns in random order, so that what else
 * the machine does meets all alike; in those without it the other app is paused. In the end that app answers, and
 * all that was stuck must come.
 */
export async function measureIsolation(
  stage: Stage,
  { perSecond, seconds, rounds }: Extent['isolation'],
  progress: (line: string) => void,
): Promise<IsolationFigures> {
  const { load, app, destinations, hanging, isInMemory } = stage
  const sums = { lost: 0, repeated: 0, errors: [] as string[] }
  let hangingAtOnce = Number.POSITIVE_INFINITY
  const hung = async () => (await app.call({ ask: 'port' })).hung

  async function slice(): Promise<readonly number[]> {
    const report = await load.call({ to: destinations.one, shape: { kind: 'open', perSecond, seconds } })
    const { lost, repeated, fromSentMs } = await drained(app, report)
    sums.lost += lost
    sums.repeated += repeated
    sums.errors.push(...report.errors)
    return fromSentMs
  }

  async function alone(): Promise<readonly number[]> {
    await stage.pauseHanging(true)
    await until(async () => (await hung()).now === 0)
    await sleep(restMs)
    return slice()
  }

  async function beside(): Promise<readonly number[]> {
    await stage.pauseHanging(false)
    await until(async () => (await hung()).now >= hangingAtLeast)
    await sleep(restMs)
    const samples = await slice()
    hangingAtOnce = Math.min(hangingAtOnce, (await hung()).now)
    return samples
  }

  await app.call({ ask: 'hang' })
  await stage.pauseHanging(true)
  const stuck = await load.call({ to: hanging, shape: { kind: 'batch', connections: 16, count: stuckEvents } })
  sums.errors.push(...stuck.errors)
  await beside()
  await alone()
  hangingAtOnce = Number.POSITIVE_INFINITY

  const all: Record<Arm, readonly number[]>[] = []
  for (let round = 0; round < rounds; round++) {
    const samplesMs: Record<Arm, readonly number[]> = { alone: [], again: [], beside: [] }
    for (const arm of shuffled(arms)) samplesMs[arm] = await (arm === 'beside' ? beside : alone)()
    all.push(samplesMs)
    const p99s = arms.map(arm => `${arm} ${latencyOf(samplesMs[arm]).p99.toFixed(1)} ms`)
    progress(`round ${round + 1} of ${rounds}, p99: ${p99s.join(', ')}`)
  }

  const { requests: hungRequests } = await hung()
  await stage.pauseHanging(false)
  await app.call({ ask: 'mend' })
  await until(async () => (await hung()).taken >= stuck.bodies.length)
  sums.lost += stuck.bodies.length - (await hung()).taken
  const pooled = (arm: Arm) => latencyOf(all.flatMap(samplesMs => samplesMs[arm]))
  const toAlone = (arm: Arm) => ratioOf(all.map(samplesMs => [samplesMs[arm], samplesMs.alone]))
  return {
    latency: { alone: pooled('alone'), again: pooled('again'), beside: pooled('beside') },
    besideToAlone: toAlone('beside'),
    againToAlone: toAlone('again'),
    slices: rounds,
    isInMemory,
    hungRequests,
    hangingAtOnce,
    ...sums,
  }
}

async function until(probe: () => Promise<boolean>): Promise<void> {
  for (const endMs = monotonicMs() + patienceMs; monotonicMs() < endMs && !(await probe()); ) await sleep(50)
}

function shuffled<Value>(values: readonly Value[]): Value[] {
  return values
    .map(value => ({ value, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ value }) => value)
}
