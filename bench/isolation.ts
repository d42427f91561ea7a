import { drained } from './deliveries.ts'
import { monotonicMs, sleep } from './monotonic.ts'
import { type Latency, latencyOf, median } from './percentiles.ts'
import type { Extent } from './plan.ts'
import type { Stage } from './stage.ts'

/** Events that are stuck in the mailbox of the app that hangs. */
export const stuckEvents = 1_000
/** What a round measures. The second of the two that are alike says how much the machine alone makes of it. */
const arms = ['alone', 'again', 'beside'] as const
type Arm = (typeof arms)[number]

/** How long the events that were stuck may take to come once their app answers again. */
const mendedWithinMs = 120_000
/** Between two arms, and after the stuck events were accepted. */
const restMs = 2_000

/** How long one app's events took from when they were due to be sent to their arrival, in ms. */
export interface IsolationFigures {
  readonly latency: Readonly<Record<Arm, Latency>>
  /** Medians over the rounds of the p99 to that of the app alone: beside the stuck events, and once more alone. */
  readonly besideToAlone: number
  readonly againToAlone: number
  /** Requests to the app that hung, while it hung, and those that hung at one moment at least. */
  readonly hungRequests: number
  readonly hangingAtOnce: number
  readonly lost: number
  readonly repeated: number
  readonly errors: readonly string[]
}

interface Round {
  readonly samplesMs: Record<Arm, readonly number[]>
}

/**
 * Measures one app alone, alone once more, and beside another whose mailbox holds 1,000 events and whose
 * every attempt hangs until it gives up. The three take turns, so that what else the machine does meets all alike.
 * After each turn the app that hung answers, and all that was stuck must come.
 */
export async function measureIsolation(
  stage: Stage,
  { perSecond, seconds, rounds }: Extent['isolation'],
  progress: (line: string) => void,
): Promise<IsolationFigures> {
  const { load, app, destinations, hanging } = stage
  const all: Round[] = []
  const sums = { lost: 0, repeated: 0, errors: [] as string[], hungRequests: 0 }
  let hangingAtOnce = Number.POSITIVE_INFINITY

  async function loaded(): Promise<readonly number[]> {
    const report = await load.call({ to: destinations.one, shape: { kind: 'open', perSecond, seconds } })
    const { lost, repeated, fromSentMs } = await drained(app, report)
    sums.lost += lost
    sums.repeated += repeated
    sums.errors.push(...report.errors)
    return fromSentMs
  }

  async function besideStuck(): Promise<readonly number[]> {
    await app.call({ ask: 'hang' })
    const shape = { kind: 'batch', connections: 16, count: stuckEvents } as const
    const { bodies, errors } = await load.call({ to: hanging, shape })
    sums.errors.push(...errors)
    await until(async () => (await app.call({ ask: 'port' })).hung.now > 0, mendedWithinMs)
    await sleep(restMs)
    const samples = await loaded()
    const { hung } = await app.call({ ask: 'port' })
    sums.hungRequests += hung.requests
    hangingAtOnce = Math.min(hangingAtOnce, hung.now)
    await app.call({ ask: 'mend' })
    const came = async () => (await app.call({ ask: 'port' })).hung.taken
    await until(async () => (await came()) >= bodies.length, mendedWithinMs)
    sums.lost += bodies.length - (await came())
    return samples
  }

  const measures: Record<Arm, () => Promise<readonly number[]>> = { alone: loaded, again: loaded, beside: besideStuck }
  await loaded()
  for (let round = 0; round < rounds; round++) {
    const samplesMs: Record<Arm, readonly number[]> = { alone: [], again: [], beside: [] }
    for (const [index] of arms.entries()) {
      const arm = arms[(index + round) % arms.length] ?? 'alone'
      samplesMs[arm] = await measures[arm]()
      progress(`${arm}, round ${round + 1} of ${rounds}: p99 ${latencyOf(samplesMs[arm]).p99.toFixed(1)} ms`)
      await sleep(restMs)
    }
    all.push({ samplesMs })
  }
  const pooled = (arm: Arm) => latencyOf(all.flatMap(({ samplesMs }) => samplesMs[arm]))
  const toAlone = (arm: Arm) =>
    median(all.map(({ samplesMs }) => latencyOf(samplesMs[arm]).p99 / latencyOf(samplesMs.alone).p99))
  return {
    latency: { alone: pooled('alone'), again: pooled('again'), beside: pooled('beside') },
    besideToAlone: toAlone('beside'),
    againToAlone: toAlone('again'),
    hangingAtOnce,
    ...sums,
  }
}

async function until(probe: () => Promise<boolean>, patienceMs: number): Promise<void> {
  for (const endMs = monotonicMs() + patienceMs; monotonicMs() < endMs && !(await probe()); ) await sleep(50)
}
