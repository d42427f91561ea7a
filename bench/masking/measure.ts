import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { root } from '../../src/cli/machine/paths.ts'
import { monotonicMs } from '../monotonic.ts'
import { cpuMicroseconds, ownWorkerds } from '../processor.ts'
import { cases } from './cases.ts'
import type { RunAnswer, RunCall } from './worker.ts'

export interface Measured {
  readonly name: string
  readonly bytes: number
  readonly valuesPerKb: number
  readonly kind: string
  /** By the time that workerd spent on a processor: other work on the machine counts little. */
  readonly megabytesPerSecond: number
  readonly megabytesPerSecondByClock: number
  readonly atLeast?: number
}

/** One round is long enough that the system's ticks of 10 ms and the request itself count for little. */
const roundMs = 500
const warmUpBytes = 1_000_000

/** Masks each case's body inside workerd, and gives the best of some rounds. */
export async function measureMasking(rounds: number, tell: (line: string) => void): Promise<Measured[]> {
  const before = ownWorkerds()
  const miniflare = await started()
  const [pid] = ownWorkerds(before)
  try {
    const measured: Measured[] = []
    for (const [index, { name, atLeast }] of cases.entries()) {
      const first = await run(miniflare, { index, times: 1 })
      const warmUpTimes = Math.ceil(warmUpBytes / first.bytes)
      const warmUpMs = await timed(() => run(miniflare, { index, times: warmUpTimes }))
      const times = Math.max(1, Math.round((warmUpTimes * roundMs) / warmUpMs))
      let cpu = Number.POSITIVE_INFINITY
      let clock = Number.POSITIVE_INFINITY
      for (let round = 0; round < rounds; round++) {
        const cpuBefore = cpuMicroseconds(pid)
        clock = Math.min(clock, (await timed(() => run(miniflare, { index, times }))) * 1000)
        cpu = Math.min(cpu, cpuMicroseconds(pid) - cpuBefore)
      }
      const { bytes, values, kind } = first
      const result: Measured = {
        name,
        bytes,
        kind,
        valuesPerKb: (values * 1024) / bytes,
        megabytesPerSecond: (bytes * times) / cpu,
        megabytesPerSecondByClock: (bytes * times) / clock,
        ...(atLeast !== undefined && { atLeast }),
      }
      tell(`${name}: ${result.megabytesPerSecond.toFixed(1)} MB/s`)
      measured.push(result)
    }
    return measured
  } finally {
    await miniflare.dispose()
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

async function started(): Promise<Miniflare> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      workers: [
        {
          name: 'masking',
          compatibilityDate: '2026-10-20',
          modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' }],
        },
      ],
    }),
  )
  await miniflare.ready
  return miniflare
}
