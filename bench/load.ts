import { Connection } from './connection.ts'
import { monotonicMs, sleep } from './monotonic.ts'
import { serveCalls } from './subprocess.ts'
import { bodyBytes, type Destination, presigned } from './vendor.ts'

/**
 * `closed`: each connection sends its next request when the last is answered. `open`: requests are due at
 * even intervals whatever became of those before; with all connections busy they wait, and the wait counts.
 * `batch`: like `closed`, until so many have been answered.
 */
export type Shape =
  | { readonly kind: 'closed'; readonly connections: number; readonly seconds: number }
  | { readonly kind: 'open'; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'batch'; readonly connections: number; readonly count: number }

export interface LoadCall {
  readonly to: Destination
  readonly shape: Shape
  /** Of each body; 1 KiB unless said otherwise. */
  readonly bytes?: number
}

/** What became of the requests that were answered 202; times are ms on the machine's monotonic clock. */
export interface LoadReport {
  /** By request: when it was sent, or in the open shape was due; when its answer had come; what it said. */
  readonly sentMs: readonly number[]
  readonly answeredMs: readonly number[]
  readonly bodies: readonly string[]
  /** From the first request to the last answer. */
  readonly seconds: number
  /** Every other answer, and every failure. */
  readonly errors: readonly string[]
}

/** More connections than a rate of 1,000/s needs at 100 ms, and each is in use before an idle one is closed. */
const openShapeConnections = 128
/** Events signed ahead for each second of the closed shape: more than two cores can accept. */
const mostPerSecond = 5_000

serveCalls(load)

async function load({ to, shape, bytes = bodyBytes }: LoadCall): Promise<LoadReport> {
  const count = countOf(shape)
  const requests = presigned(to, count, bytes)
  let taken = 0
  const connections = Array.from(
    { length: shape.kind === 'open' ? openShapeConnections : shape.connections },
    () => new Connection(to.port),
  )
  await Promise.all(connections.map(connection => connection.open()))
  const report = { sentMs: [] as number[], answeredMs: [] as number[], bodies: [] as string[], errors: [] as string[] }
  const startMs = monotonicMs()
  if (shape.kind === 'open') await open(shape.perSecond)
  else await closed(shape.kind === 'closed' ? shape.seconds : Number.POSITIVE_INFINITY)
  const seconds = (monotonicMs() - startMs) / 1000
  for (const connection of connections) connection.close()
  return { ...report, seconds }

  async function closed(seconds: number): Promise<void> {
    const endMs = startMs + seconds * 1000
    const isDone = () => shape.kind === 'batch' && taken >= count
    const run = async (connection: Connection) => {
      for (let now = monotonicMs(); now < endMs && !isDone(); now = monotonicMs()) {
        await send(connection, now)
      }
    }
    await Promise.all(connections.map(run))
  }

  async function open(perSecond: number): Promise<void> {
    const idle = [...connections]
    const late: number[] = []
    const answers: Promise<void>[] = []
    const start = (dueMs: number, connection: Connection): Promise<void> =>
      send(connection, dueMs).then(() => {
        const next = late.shift()
        if (next !== undefined) return start(next, connection)
        idle.push(connection)
      })
    for (let index = 0; index < count; ) {
      const dueMs = startMs + (index * 1000) / perSecond
      const waitMs = dueMs - monotonicMs()
      if (waitMs > 0) await sleep(waitMs)
      if (monotonicMs() < dueMs) continue
      const connection = idle.shift()
      if (connection) answers.push(start(dueMs, connection))
      else late.push(dueMs)
      index += 1
    }
    await Promise.all(answers)
  }

  async function send(connection: Connection, fromMs: number): Promise<void> {
    const request = requests[to.mayRepeat ? taken++ % count : taken++]
    if (!request) throw new Error('more requests were answered than were signed ahead')
    try {
      const { status, body } = await connection.send(request)
      if (status !== 202) return void report.errors.push(`${status} ${body.slice(0, 200)}`)
      report.answeredMs.push(monotonicMs())
      report.sentMs.push(fromMs)
      report.bodies.push(body)
    } catch (error) {
      report.errors.push(String(error))
    }
  }
}

function countOf(shape: Shape): number {
  if (shape.kind === 'batch') return shape.count
  return Math.round(shape.seconds * (shape.kind === 'open' ? shape.perSecond : mostPerSecond))
}
