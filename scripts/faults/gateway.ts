import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { callAdmin } from '#cli/client/admin.ts'
import { root } from '#cli/machine/paths.ts'
import type { EventView } from '#core/delivery/event.ts'
import { within } from '#core/within.ts'
import { freePort } from '../free-port.ts'
import { sources, vendorSecret } from './vendor.ts'

/** How long an attempt may take, and how long after that its lease lasts. */
export const timeoutMs = 1_500
export const leaseMs = timeoutMs + 30_000
/** How long the gateway may take to end when it is told to. */
const endMs = 15_000

/** What is killed: workerd alone, which its parent starts again; the parent alone; or both. */
export const victims = ['workerd', 'gateway', 'both'] as const
export type Victim = (typeof victims)[number]

/** The gateway as `npm start` runs it, in processes of its own that can be killed. */
export class Gateway {
  readonly #folder: string
  readonly #port: number
  #process: ChildProcess | undefined
  #output = ''

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  /** Starts it over a folder, with the one app `faults` whose deliveries go to an upstream. */
  static async start(folder: string, upstream: string): Promise<Gateway> {
    const registry = join(folder, 'faults.yaml')
    await writeFile(registry, JSON.stringify(manifestOf(upstream)))
    await writeFile(join(folder, 'secrets.env'), `SECRET_FAULTS__VENDOR=${vendorSecret}\n`)
    const gateway = new Gateway(folder, await freePort())
    await gateway.#up()
    return gateway
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /**
   * Kills with SIGKILL and waits until the gateway is there again.
   *
   * @returns when the last of the old processes was gone, in ms since 1970
   */
  async kill(victim: Victim): Promise<number> {
    const before = await this.#workerds()
    if (victim !== 'workerd') this.#process?.kill('SIGKILL')
    if (victim !== 'gateway') for (const pid of before) kill(pid)
    let goneMs = Date.now()
    if (victim === 'workerd') {
      await until('workerd runs again', async () => (await this.#workerds()).some(pid => !before.includes(pid)))
    } else {
      await this.#up()
      if (victim === 'gateway') goneMs = Date.now()
    }
    await until('the gateway answers', async () => (await fetch(`${this.url}/healthz`)).ok)
    return goneMs
  }

  /** All events, or those in one state. */
  async events(state?: EventView['state']): Promise<EventView[]> {
    const events: EventView[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `events?app=faults&limit=500${state ? `&state=${state}` : ''}${cursor ? `&cursor=${cursor}` : ''}`
      const page = (await callAdmin(query, { url: this.url, state: join(this.#folder, 'state') })) as {
        items: EventView[]
        next: string | null
      }
      events.push(...page.items)
      cursor = page.next
    }
    return events
  }

  async stop(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await within(endMs, ended).catch(() => child.kill('SIGKILL'))
  }

  /** What it has printed since it was last started; for whoever looks why it failed. */
  get output(): string {
    return this.#output
  }

  async #up(): Promise<void> {
    const folder = this.#folder
    const options = [
      '--port',
      String(this.#port),
      '--registry',
      folder,
      '--state',
      join(folder, 'state'),
      '--no-samples',
    ]
    const main = join(root, 'src/cli/main.ts')
    const child = spawn(process.execPath, [main, 'start', ...options, '--secrets', join(folder, 'secrets.env')])
    this.#process = child
    this.#output = ''
    const read = (chunk: Buffer) => {
      this.#output = (this.#output + chunk).slice(-20_000)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    const isListening = () => this.#output.includes('Gatehouse is listening')
    await until('the gateway listens', async () => child.exitCode !== null || isListening())
    if (!isListening()) throw new Error(`the gateway ended with ${child.exitCode}`)
  }

  async #workerds(): Promise<number[]> {
    const text = await readFile(join(this.#folder, 'state/running.json'), 'utf8')
    return (JSON.parse(text) as { workerds: number[] }).workerds
  }
}

function manifestOf(upstream: string) {
  const source = (mode: string) => ({
    scheme: 'github',
    secrets: ['vendor'],
    path: '/in',
    mode,
    retry: { attempts: 50, baseSeconds: 1, maxSeconds: 2 },
    delivery: { concurrency: 100, timeoutMs },
  })
  return {
    apiVersion: 'gatehouse/v1',
    kind: 'MicroApp',
    metadata: { name: 'faults' },
    spec: {
      owner: { user: 'faults', team: 'faults', contact: '#faults' },
      lifecycle: { stage: 'sandbox' },
      upstreams: [{ name: 'stable', url: upstream }],
      webhooks: { [sources[0]]: source('queue'), [sources[1]]: source('sync') },
    },
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it was gone already
  }
}

/** Waits until something holds, at most three minutes: a machine may be busy. What a probe throws while processes come and go counts as not yet. */
export async function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  let failure: unknown
  for (const endMs = Date.now() + 180_000; Date.now() < endMs; ) {
    if (
      await probe().catch(error => {
        failure = error
        return false
      })
    )
      return
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error(`not within three minutes: ${what} (${failure})`)
}
