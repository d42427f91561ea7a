import { drained } from './deliveries.ts'
import { median } from './percentiles.ts'
import type { Stage } from './stage.ts'
import type { BenchApp } from './targets.ts'

/** How events may be kept: in order by key or not, in one shard or in eight. */
export interface Variant {
  readonly title: string
  readonly app: BenchApp
}

export const variants: readonly Variant[] = [
  { title: 'unordered, 1 shard', app: { name: 'free-one' } },
  { title: 'unordered, 8 shards', app: { name: 'free-eight', shards: 8 } },
  { title: 'in order, 1 shard', app: { name: 'fifo-one', isOrdered: true } },
  { title: 'in order, 8 shards', app: { name: 'fifo-eight', isOrdered: true, shards: 8 } },
]

/** Bodies, how many of them make one batch, and over how many connections: an isolate holds 48 MiB of bodies. */
export const sizes = [
  { title: '1 KiB', bytes: 1024, count: 1_000, connections: 16 },
  { title: '64 KiB', bytes: 65_536, count: 300, connections: 16 },
  { title: '4 MiB', bytes: 4_194_304, count: 12, connections: 4 },
] as const

/** Medians over the rounds, of one way to keep events of one size. */
export interface VariantFigures {
  readonly variant: string
  readonly size: string
  readonly acceptedPerSecond: number
  /** From the first request to the last arrival at the app. */
  readonly deliveredPerSecond: number
  readonly lost: number
  readonly repeated: number
  readonly errors: readonly string[]
}

/** Measures every variant with every size, in batches that take turns. */
export async function measureVariants(
  stage: Stage,
  rounds: number,
  progress: (line: string) => void,
): Promise<VariantFigures[]> {
  const cases = sizes.flatMap(size => variants.map(variant => ({ size, variant, taken: [] as Taken[] })))
  for (let round = 0; round < rounds; round++) {
    for (const { size, variant, taken } of cases) {
      taken.push(await batch(stage, variant, size))
      progress(`${variant.title}, ${size.title}, round ${round + 1} of ${rounds}`)
    }
  }
  return cases.map(({ size, variant, taken }) => ({
    variant: variant.title,
    size: size.title,
    acceptedPerSecond: median(taken.map(one => one.accepted / one.seconds)),
    deliveredPerSecond: median(taken.map(one => one.accepted / (one.seconds + one.drainSeconds))),
    lost: taken.reduce((sum, { lost }) => sum + lost, 0),
    repeated: taken.reduce((sum, { repeated }) => sum + repeated, 0),
    errors: taken.flatMap(({ errors }) => errors),
  }))
}

type Taken = Awaited<ReturnType<typeof batch>>

async function batch(
  { load, app, toVariant }: Stage,
  variant: Variant,
  { bytes, count, connections }: (typeof sizes)[number],
) {
  const report = await load.call({ to: toVariant(variant), shape: { kind: 'batch', connections, count }, bytes })
  const delivered = await drained(app, report)
  return { ...delivered, seconds: report.seconds, errors: report.errors }
}
