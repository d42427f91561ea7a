import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Interval, medianOf } from '../interval.ts'
import { latencyOf, median } from '../percentiles.ts'
import { cpuMicroseconds, ownWorkerds } from '../processor.ts'
import { type Subprocess, startSubprocess } from '../subprocess.ts'
import { startWorker, type Target } from '../worker.ts'
import { type Callers, requestOf, startCallers } from './caller.ts'
import type { LoadCall, LoadReport } from './load.ts'
import { type Absent, startOthers } from './others.ts'
import { appName, startApiGateway } from './targets.ts'

export interface ApiExtent {
  readonly connections: readonly number[]
  /** Sizes of the registry; the last is the large one. */
  readonly apps: readonly number[]
  readonly seconds: number
  readonly rounds: number
  /**
   * Each target is used for so long before it is measured. Until some 30,000 calls have gone through it, V8 still
   * compiles the gateway beside them, at 5 % of its CPU (`perf record` of workerd).
   */
  readonly warmUpSeconds: number
}

/** About a quarter of an hour, five minutes of it for warming up and two for publishing 10,000 apps. */
export const full: ApiExtent = {
  connections: [1, 16, 64],
  apps: [10, 10_000],
  seconds: 2,
  rounds: 8,
  warmUpSeconds: 40,
}

/** Under four minutes, and less exact: the gateway is still being compiled. */
export const quick: ApiExtent = { connections: [1, 16, 64], apps: [10, 500], seconds: 1, rounds: 4, warmUpSeconds: 10 }

/** One target under one load, over all rounds. */
export interface ApiFigure {
  readonly target: string
  readonly connections: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU of the target's process per request, in µs, with what it did between its slices. */
  readonly cpuMicroseconds: number
  /** Throughput, and CPU time, against each target in the same round, by its name. */
  readonly throughput: Readonly<Record<string, Interval>>
  readonly cpu: Readonly<Record<string, Interval>>
  readonly errors: readonly string[]
}

/** What was measured, and beside what. */
export interface ApiMeasurement {
  readonly figures: readonly ApiFigure[]
  /** What each of the other gateways does with a request, by name. */
  readonly work: Readonly<Record<string, string>>
  /** Other gateways that were not measured. */
  readonly absent: readonly Absent[]
}

/** What the gateway is measured against: a proxy as Hono's documentation writes it, run as the emulator runs any worker. */
export const bareProxy = 'bare proxy'

/** The same with the gateway's own way to the network, past the worker that the emulator puts before a plain fetch. */
export const bareProxyPast = 'bare proxy past the emulator'

export interface Measured {
  readonly name: string
  readonly port: number
  readonly pid: number | undefined
  readonly requests: readonly string[]
}

/**
 * Measures calls through the whole API path (token, scope, rate limit, forward) beside a bare proxy on the
 * same workerd, and beside other gateways where they are installed. Short slices of all take turns in random order, so
 * that what else the machine does meets them alike.
 */
export async function measureApi(extent: ApiExtent, say: (line: string) => void): Promise<ApiMeasurement> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  const load = startSubprocess<LoadCall, LoadReport>('api/load.ts')
  const callers = await startCallers()
  const started: Target[] = []
  const clear = () => {
    load.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
  process.once('exit', clear)
  try {
    const { targets, work, absent } = await setUp(extent, folder, callers, started, say)
    for (const { port, requests, name } of targets) {
      say(`warming up ${name}`)
      await load.call({ port, requests, connections: 16, seconds: extent.warmUpSeconds })
    }
    return { figures: await figures(extent, targets, load, say), work, absent }
  } finally {
    for (const target of started) await target.stop()
    callers.stop()
    clear()
    process.off('exit', clear)
  }
}

async function setUp(
  { apps }: ApiExtent,
  folder: string,
  callers: Callers,
  started: Target[],
  say: (line: string) => void,
): Promise<Omit<ApiMeasurement, 'figures'> & { readonly targets: Measured[] }> {
  const { issuer, tokens } = callers
  let known: number[] = []
  const noted = async (target: Promise<Target>) => {
    const running = await target
    started.push(running)
    const [pid] = ownWorkerds(known)
    known = ownWorkerds()
    return { port: running.port, pid }
  }
  const { port: upstreamPort } = await noted(startWorker('api/upstream-worker.ts'))
  const upstream = `http://127.0.0.1:${upstreamPort}`
  /** Calls are for as many apps whatever the size of the registry, spread over it. */
  const requests = (count: number) =>
    tokens.map((token, n) => requestOf(appName(Math.floor((n * count) / tokens.length)), token))
  const measured: Measured[] = []
  for (const [name, hasNetwork] of [
    [bareProxy, false],
    [bareProxyPast, true],
  ] as const) {
    const bare = await noted(startWorker('api/bare-proxy.ts', { variables: { UPSTREAM: upstream }, hasNetwork }))
    measured.push({ name, ...bare, requests: requests(10) })
  }
  for (const count of apps) {
    say(`publishing ${count} apps`)
    const gateway = await noted(startApiGateway(join(folder, String(count)), count, upstream, issuer))
    measured.push({ name: `gateway, ${count} apps`, ...gateway, requests: requests(count) })
  }
  const { running, absent } = await startOthers(folder, upstreamPort, callers)
  started.push(...running)
  for (const { name, why } of absent) say(`not measured: ${name}: ${why}`)
  const work = {
    [bareProxyPast]:
      'the same with the way to the network that `npm start` gives the gateway, past the worker that the emulator puts before a plain fetch',
    ...Object.fromEntries(running.map(one => [one.name, one.work])),
  }
  return { targets: [...measured, ...running], work, absent }
}

type Slice = LoadReport & { readonly cpu: number }

/** Puts every target under every load, in turn. */
export async function figures(
  { connections, seconds, rounds }: Pick<ApiExtent, 'connections' | 'seconds' | 'rounds'>,
  targets: readonly Measured[],
  load: Subprocess<LoadCall, LoadReport>,
  say: (line: string) => void,
): Promise<ApiFigure[]> {
  const all: ApiFigure[] = []
  for (const count of connections) {
    const taken = new Map(targets.map(({ name }) => [name, [] as Slice[]]))
    const usedUntil = new Map<string, number>()
    for (let round = 0; round < rounds; round++) {
      for (const { name, port, pid, requests } of shuffled(targets)) {
        const usedBefore = usedUntil.get(name) ?? cpuMicroseconds(pid)
        const report = await load.call({ port, requests, connections: count, seconds })
        const used = cpuMicroseconds(pid)
        usedUntil.set(name, used)
        const cpu = (used - usedBefore) / report.latenciesMs.length
        taken.get(name)?.push({ ...report, cpu })
        say(
          `${count} connections, round ${round + 1}, ${name}: ${(report.latenciesMs.length / report.seconds).toFixed(0)}/s, ${cpu.toFixed(0)} µs`,
        )
      }
    }
    const rateOf = ({ latenciesMs, seconds: took }: LoadReport) => latenciesMs.length / took
    const against = (of: readonly Slice[], figureOf: (slice: Slice) => number) =>
      Object.fromEntries(
        [...taken].map(([name, others]) => [
          name,
          medianOf(of.map((slice, at) => figureOf(slice) / figureOf(others[at] ?? slice)).filter(Number.isFinite)),
        ]),
      )
    for (const [target, reports] of taken) {
      const latency = latencyOf(reports.flatMap(({ latenciesMs }) => latenciesMs))
      all.push({
        target,
        connections: count,
        perSecond: median(reports.map(rateOf)),
        p50Ms: latency.p50,
        p99Ms: latency.p99,
        cpuMicroseconds: median(reports.map(({ cpu }) => cpu)),
        throughput: against(reports, rateOf),
        cpu: against(reports, ({ cpu }) => cpu),
        errors: reports.flatMap(({ errors }) => errors),
      })
    }
  }
  return all
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map(item => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item)
}
