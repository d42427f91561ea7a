import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callAdmin } from '#cli/client/admin.ts'
import type { LoadCall, LoadReport } from './load.ts'
import { ownWorkerds } from './processor.ts'
import type { AppAnswer, AppCall } from './sample-app.ts'
import { type Subprocess, startSubprocess } from './subprocess.ts'
import { type BenchApp, hookPath, startGatewayTarget } from './targets.ts'
import { type Variant, variants } from './variants.ts'
import type { Destination } from './vendor.ts'
import { startWorker, type Target } from './worker.ts'

const memory = '/dev/shm'

/** What load is put on. `one` and `sixteen` are mailboxes of the gateway. */
export const targetNames = ['bare', 'one', 'sixteen'] as const
export type TargetName = (typeof targetNames)[number]

/** Everything that runs during a benchmark. */
export interface Stage {
  readonly load: Subprocess<LoadCall, LoadReport>
  readonly app: Subprocess<AppCall, AppAnswer>
  readonly destinations: Readonly<Record<TargetName, Destination>>
  toVariant(variant: Variant): Destination
  /** The app that hangs when it is told to. */
  readonly hanging: Destination
  /** Has the gateway hold back, or let go, what goes to the app that hangs. */
  pauseHanging(isPaused: boolean): Promise<void>
  /** The state lies in memory, so that no disk has a part in it. */
  readonly isInMemory: boolean
  /** The workerd behind a target, where the system tells. */
  readonly pids: Readonly<Record<TargetName, number | undefined>>
}

/**
 * Starts both workers, the load generator and the app, each in its own process, plays, and takes all of it
 * down again, however the play or this process ends; the folder with the state goes too.
 *
 * @param state `memory`: where the system has a file system there
 */
export async function onStage<Result>(
  state: 'disk' | 'memory',
  play: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const isInMemory = state === 'memory' && isWritable(memory)
  const folder = mkdtempSync(join(isInMemory ? memory : tmpdir(), 'gatehouse-bench-'))
  const load = startSubprocess<LoadCall, LoadReport>('load.ts')
  const app = startSubprocess<AppCall, AppAnswer>('sample-app.ts')
  /** All of it at once, since a signal leaves no time to wait; miniflare ends its workerds at `exit` by itself. */
  const clear = () => {
    load.stop()
    app.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
  process.once('exit', clear)
  const workers: Target[] = []
  try {
    return await play({ ...(await setUp(folder, load, app, workers)), isInMemory })
  } finally {
    for (const worker of workers) await worker.stop()
    clear()
    process.off('exit', clear)
  }
}

async function setUp(
  folder: string,
  load: Stage['load'],
  app: Stage['app'],
  workers: Target[],
): Promise<Omit<Stage, 'isInMemory'>> {
  const { port: appPort, hangingPort } = await app.call({ ask: 'port' })
  const sixteen = Array.from({ length: 16 }, (_, index) => `app-${index + 1}`)
  const atFirst = ownWorkerds()
  const stuck: BenchApp = { name: 'stuck', hangs: true }
  const apps = [...['single', ...sixteen].map(name => ({ name })), ...variants.map(({ app }) => app), stuck]
  const at = (port: number) => `http://127.0.0.1:${port}`
  const gateway = await startGatewayTarget(folder, apps, { upstream: at(appPort), hanging: at(hangingPort) })
  workers.push(gateway)
  const [gatewayPid] = ownWorkerds(atFirst)
  const withGateway = ownWorkerds()
  const bare = await startWorker('bare-worker.ts')
  workers.push(bare)
  const [barePid] = ownWorkerds(withGateway)

  return {
    load,
    app,
    destinations: {
      bare: { port: bare.port, paths: [hookPath('single')], mayRepeat: true },
      one: { port: gateway.port, paths: [hookPath('single')], mayRepeat: false },
      sixteen: { port: gateway.port, paths: sixteen.map(hookPath), mayRepeat: false },
    },
    toVariant: ({ app }) => ({ port: gateway.port, paths: [hookPath(app.name)], mayRepeat: false }),
    hanging: { port: gateway.port, paths: [hookPath(stuck.name)], mayRepeat: false },
    async pauseHanging(isPaused) {
      const call = `apps/${stuck.name}/${isPaused ? 'pause' : 'resume'}`
      const reason = 'the bench takes turns'
      await callAdmin(call, { url: at(gateway.port), state: folder }, { method: 'POST', body: { reason } })
    },
    pids: { bare: barePid, one: gatewayPid, sixteen: gatewayPid },
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
