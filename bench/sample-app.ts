import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveCalls } from './helper.ts'
import { monotonicMs } from './monotonic.ts'

export type AppCall =
  | { readonly ask: 'port' }
  /** How many different events have come since the last `take`. */
  | { readonly ask: 'seen' }
  /** The arrivals since the last `take`, which are then forgotten. */
  | { readonly ask: 'take' }

export interface AppAnswer {
  readonly port: number
  readonly seen: number
  /** When each event came, by `webhook-id`: ms on the machine's monotonic clock, one for each time it came. */
  readonly arrivals: ReadonlyMap<string, readonly number[]>
}

let arrivals = new Map<string, number[]>()

/** A micro-app that takes everything at once. */
const server = createServer((request, response) => {
  const id = String(request.headers['webhook-id'])
  const times = arrivals.get(id)
  if (times) times.push(monotonicMs())
  else arrivals.set(id, [monotonicMs()])
  request.resume()
  request.on('end', () => response.writeHead(204).end())
})
server.keepAliveTimeout = 600_000
const listening = new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

serveCalls(async ({ ask }: AppCall): Promise<AppAnswer> => {
  await listening
  const { port } = server.address() as AddressInfo
  const answer = { port, seen: arrivals.size, arrivals: ask === 'take' ? arrivals : new Map() }
  if (ask === 'take') arrivals = new Map()
  return answer
})
