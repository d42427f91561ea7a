import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Miniflare } from 'miniflare'
import type { RegistryItem } from '#core/manifest/publish.ts'
import { settingsFrom } from '#core/settings/settings.ts'
import { within } from '#core/within.ts'
import { exitCodes, Failure } from '../output.ts'
import type { Withheld } from '../registry/counting.ts'
import type { Declared } from '../registry/folder.ts'
import type { Sign } from '../registry/signer.ts'
import { startGateway } from './gateway.ts'
import { localKeys } from './keys.ts'
import { statePaths } from './paths.ts'
import { noteRunning, reclaim } from './processes.ts'
import { publishLocally } from './publish-local.ts'

/** How often the worker's cron is fired. */
const cronEveryMs = 60_000
/** How long workerd may take to end. */
const endMs = 5_000

export interface MachineOptions {
  readonly port: number
  readonly state: string
  readonly declared: readonly Declared[]
  /** The fleet rules that go with them. */
  readonly fleet?: RegistryItem | undefined
  /** Signs what is published, as an approver; see REQUIRE_SIGNED_ENTRIES. */
  readonly sign?: Sign | undefined
  /** Worker secrets, and variables such as PUBLIC_URL. */
  readonly variables: Readonly<Record<string, string>>
  readonly isQuiet?: boolean
  /** Told when workerd has died and was started again. */
  readonly onRestarted?: () => void
}

export interface Machine {
  readonly url: string
  /** Workerd processes of an earlier, killed start that had to be ended first. */
  readonly orphans: number
  /** What was not published, since the gateway would not follow it. */
  readonly withheld: readonly Withheld[]
  stop(): Promise<void>
}

/**
 * The whole gateway on one machine: its state, its keys, its registry, and workerd, which is started again
 * when it dies.
 *
 * @throws Failure when the port is taken, the settings are wrong or another gateway runs on the state
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { port, state, declared, fleet, sign } = options
  const paths = statePaths(state)
  const orphans = await reclaim(paths.running, port)
  await refuseTakenPort(port, orphans > 0 ? endMs : 0)
  const issuer = options.variables.PUBLIC_URL ?? `http://127.0.0.1:${port}`
  const variables = { ...options.variables, ...(await localKeys(paths, new Date())), TOKEN_ISSUER: issuer }
  const settings = settingsFrom({ ...variables, ENVIRONMENT: 'local' })

  const gateway = await startGateway({
    port,
    resources: paths.resources,
    variables,
    isQuiet: options.isQuiet ?? false,
    async onRestarted() {
      await noteRunning(paths.running, port)
      options.onRestarted?.()
    },
  })
  const withheld = await publishLocally(gateway, declared, fleet, paths.bulk, settings, sign)
  await noteRunning(paths.running, port)
  const cron = setInterval(() => void fireCron(gateway), cronEveryMs)

  return {
    url: `http://127.0.0.1:${port}`,
    orphans,
    withheld,
    async stop() {
      clearInterval(cron)
      // one whose workerd was killed a moment ago may never end by itself
      await within(endMs, gateway.dispose()).catch(() => reclaim(paths.running, port))
    },
  }
}

/** The emulator never fires a cron by itself. A tick that is missed while workerd starts again is made up by the next. */
async function fireCron(gateway: Miniflare): Promise<void> {
  const worker = await gateway.getWorker('gatehouse').catch(() => undefined)
  await worker?.scheduled({ cron: 'npm start' }).catch(() => {})
}

/** @param patienceMs how long a port may still be held by processes that were just killed, whose threads end one by one */
async function refuseTakenPort(port: number, patienceMs: number): Promise<void> {
  for (let waitedMs = 0; !(await isFree(port)); waitedMs += 50) {
    if (waitedMs >= patienceMs)
      throw new Failure(
        `Port ${port} is taken. Stop what listens there, or choose another with --port.`,
        exitCodes.unreachable,
      )
    await delay(50)
  }
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  return new Promise(resolve => {
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
