import { Connection } from '../connection.ts'
import { monotonicMs } from '../monotonic.ts'
import { serveCalls } from '../subprocess.ts'

export interface LoadCall {
  readonly port: number
  /** Sent in turn. */
  readonly requests: readonly string[]
  readonly connections: number
  readonly seconds: number
}

/** What became of the requests that were answered 200. */
export interface LoadReport {
  readonly latenciesMs: readonly number[]
  readonly seconds: number
  /** Every other answer, and every failure. */
  readonly errors: readonly string[]
}

serveCalls(load)

/** Each connection sends its next request when the last is answered. */
async function load({ port, requests, connections, seconds }: LoadCall): Promise<LoadReport> {
  const wires = requests.map(request => Buffer.from(request, 'latin1'))
  const open = Array.from({ length: connections }, () => new Connection(port))
  await Promise.all(open.map(connection => connection.open()))
  const latenciesMs: number[] = []
  const errors: string[] = []
  let taken = 0
  const startMs = monotonicMs()
  const endMs = startMs + seconds * 1000
  const run = async (connection: Connection) => {
    for (let sentMs = monotonicMs(); sentMs < endMs; sentMs = monotonicMs()) {
      const wire = wires[taken++ % wires.length]
      if (!wire) return
      try {
        const { status, body } = await connection.send(wire)
        if (status === 200) latenciesMs.push(monotonicMs() - sentMs)
        else errors.push(`${status} ${body.slice(0, 200)}`)
      } catch (error) {
        errors.push(String(error))
      }
    }
  }
  await Promise.all(open.map(run))
  for (const connection of open) connection.close()
  return { latenciesMs, seconds: (monotonicMs() - startMs) / 1000, errors }
}
