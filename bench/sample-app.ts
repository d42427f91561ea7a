import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monotonicMs } from './monotonic.ts'
import { serveCalls } from './subprocess.ts'

export type AppCall =
  | { readonly ask: 'port' }
  /** How many different events have come since the last `take`. */
  | { readonly ask: 'seen' }
  /** How many of these events have not. */
  | { readonly ask: 'missing'; readonly of: readonly string[] }
  /** The arrivals since the last `take`, which are then forgotten. */
  | { readonly ask: 'take' }
  /** From now on the other app hangs; what it was asked until then is forgotten. */
  | { readonly ask: 'hang' }
  /** The other app answers what hangs, and from now on everything. */
  | { readonly ask: 'mend' }

export interface AppAnswer {
  readonly port: number
  /** The port of the other app, which hangs when it is told to. */
  readonly hangingPort: number
  /** Of the other app: requests that it has had, requests that hang now, and different events that it has answered. */
  readonly hung: { readonly requests: number; readonly now: number; readonly taken: number }
  readonly seen: number
  readonly missing: number
  /** When each event came, by `webhook-id`: ms on the machine's monotonic clock, one for each time it came. */
  readonly arrivals: ReadonlyMap<string, readonly number[]>
}

let arrivals = new Map<string, number[]>()
let isHanging = false
let requests = 0
const waiting = new Set<() => void>()
const taken = new Set<string>()

/** A micro-app that takes everything at once. */
const server = createServer((request, response) => {
  const id = String(request.headers['webhook-id'])
  const times = arrivals.get(id)
  if (times) times.push(monotonicMs())
  else arrivals.set(id, [monotonicMs()])
  request.resume()
  request.on('end', () => response.writeHead(204).end())
})

/** A micro-app that reads every request and answers none, until it is mended. */
const hangingServer = createServer((request, response) => {
  requests++
  const answer = () => {
    waiting.delete(answer)
    taken.add(String(request.headers['webhook-id']))
    response.writeHead(204).end()
  }
  request.resume()
  response.on('close', () => waiting.delete(answer))
  request.on('end', () => (isHanging ? waiting.add(answer) : answer()))
})

const listening = [server, hangingServer].map(one => {
  one.keepAliveTimeout = 600_000
  return new Promise<void>(resolve => one.listen(0, '127.0.0.1', resolve))
})
const portOf = (one: typeof server) => (one.address() as AddressInfo).port

serveCalls(async (call: AppCall): Promise<AppAnswer> => {
  const { ask } = call
  await Promise.all(listening)
  if (ask === 'hang') {
    requests = 0
    taken.clear()
  }
  if (ask === 'hang' || ask === 'mend') isHanging = ask === 'hang'
  if (ask === 'mend') for (const answer of [...waiting]) answer()
  const answer = {
    port: portOf(server),
    hangingPort: portOf(hangingServer),
    hung: { requests, now: waiting.size, taken: taken.size },
    seen: arrivals.size,
    missing: call.ask === 'missing' ? call.of.filter(id => !arrivals.has(id)).length : 0,
    arrivals: ask === 'take' ? arrivals : new Map(),
  }
  if (ask === 'take') arrivals = new Map()
  return answer
})
