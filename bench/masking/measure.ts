import type { Miniflare } from 'miniflare'
import { monotonicMs } from '../monotonic.ts'
import { cpuMicroseconds, ownWorkerds } from '../processor.ts'
import { startWorker } from '../worker.ts'
import { cases } from './cases.ts'
import type { RunAnswer, RunCall } from './worker.ts'

export interface Measured {
  readonly name: string
  readonly bytes: number
  readonly valuesPerKb: number
  readonly kind: string
  /** Of the fastest round, by the clock. */
  readonly megabytesPerSecond: number
  /** Of all rounds, by the time that workerd spent on a processor. */
  readonly onAverage: number
  readonly atLeast?: number
}

/** Long enough that the request counts for little, short enough that other work on the machine misses some rounds. */
const roundMs = 25
/** V8 compiles what runs often, in the background: on a busy machine that takes a while. */
const warmUpMs = 750

/**
 * Masks each case's body inside workerd, and takes the time of many short rounds. The cases take turns, as bodies
 * do in a gateway that has run for a while: none has the machine's best minute, nor an isolate to itself.
 */
export async function measureMasking(rounds: number, tell: (line: string) => void): Promise<Measured[]> {
  const before = ownWorkerds()
  const { miniflare, stop } = await started()
  const [pid] = ownWorkerds(before)
  try {
    const turns: Turn[] = []
    for (const [index, { name }] of cases.entries()) {
      tell(`warm-up: ${name}`)
      const first = await run(miniflare, { index, times: 1 })
      const times = await timesIn(roundMs, count => run(miniflare, { index, times: count }))
      turns.push({ call: { index, times }, first, fastestMs: Number.POSITIVE_INFINITY, cpu: 0 })
    }
    for (let round = 1; round <= rounds; round++) {
      if (round % 10 === 0) tell(`round ${round} of ${rounds}`)
      for (const turn of turns) {
        const cpuBefore = cpuMicroseconds(pid)
        turn.fastestMs = Math.min(turn.fastestMs, await timed(() => run(miniflare, turn.call)))
        turn.cpu += cpuMicroseconds(pid) - cpuBefore
      }
    }
    return turns.map(turn => measured(turn, rounds))
  } finally {
    await stop()
  }
}

interface Turn {
  readonly call: RunCall
  readonly first: RunAnswer
  fastestMs: number
  /** Microseconds of a processor, all rounds together. */
  cpu: number
}

function measured({ call: { index, times }, first, fastestMs, cpu }: Turn, rounds: number): Measured {
  const { bytes, values, kind } = first
  const { name = '', atLeast } = cases[index] ?? {}
  return {
    name,
    bytes,
    kind,
    valuesPerKb: (values * 1024) / bytes,
    megabytesPerSecond: (bytes * times) / fastestMs / 1000,
    onAverage: (bytes * times * rounds) / cpu,
    ...(atLeast !== undefined && { atLeast }),
  }
}

/** How many times fit into a round, once the warm-up is over. */
async function timesIn(ms: number, work: (times: number) => Promise<unknown>): Promise<number> {
  const until = monotonicMs() + warmUpMs
  for (let times = 1; ; ) {
    const tookMs = await timed(() => work(times))
    const fitting = Math.max(1, Math.round((times * ms) / tookMs))
    if (monotonicMs() > until) return fitting
    times = Math.min(fitting, times * 4)
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = monotonicMs()
  await work()
  return monotonicMs() - startMs
}

async function run(miniflare: Miniflare, call: RunCall): Promise<RunAnswer> {
  const response = await miniflare.dispatchFetch('http://bench/', { method: 'POST', body: JSON.stringify(call) })
  if (!response.ok) throw new Error(`the case failed: ${await response.text()}`)
  return (await response.json()) as RunAnswer
}

/** Another engine asks for Node's modules, which workerd provides. */
function started() {
  return startWorker('masking/worker.ts', {
    compatibilityFlags: ['nodejs_compat'],
    bundled: {
      platform: 'node',
      define: { 'import.meta.url': '"file:///worker.js"' },
      external: ['mammoth', 'pdf-parse', 'tesseract.js'],
      banner: {
        js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf('file:///worker.js')",
      },
    },
  })
}
