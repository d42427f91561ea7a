import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as the app saw it. */
export interface Seen {
  readonly eventId: string
  readonly attempt: number
  readonly how: Manner
  /** The app has sent a 2xx, whatever the gateway got of it. */
  readonly isTaken: boolean
}

/** How often the app behaves in which way, in percent; the rest is taken at once. */
const percents = { hangs: 4, resets: 4, halves: 4, drips: 6, fails: 6 }
type Manner = keyof typeof percents | 'takes'

/** Slower than this is late for no gateway. */
const dripMs = 300

/** What a vendor that waits for the app's answer must get for an event. */
export const answerTo = (eventId: string) => `the app took ${eventId}`

/**
 * A micro-app that misbehaves: at random it hangs, resets the connection, breaks off in the middle of a
 * 200, answers 200 slowly, or fails. It remembers every request.
 */
export async function startFaultyApp() {
  const seen: Seen[] = []
  let isMended = false
  const server = createServer((request, response) => {
    request.resume().on('error', () => {})
    response.on('error', () => {})
    request.on('end', () => seen.push(behave(request, response, isMended ? 'takes' : manner())))
  }).listen(0, '127.0.0.1')
  server.keepAliveTimeout = 600_000
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    /** Behaves well from now on. */
    mend() {
      isMended = true
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function behave(request: IncomingMessage, response: ServerResponse, how: Manner): Seen {
  const eventId = String(request.headers['webhook-id'])
  const attempt = Number(request.headers['gatehouse-attempt'])
  const body = Buffer.from(answerTo(eventId))
  const head = { 'content-type': 'text/plain', 'content-length': body.length }
  if (how === 'resets') request.socket.resetAndDestroy()
  if (how === 'fails') response.writeHead(503).end()
  if (how === 'takes') response.writeHead(200, head).end(body)
  if (how === 'halves') {
    response.writeHead(200, head).write(body.subarray(0, 10))
    setTimeout(() => request.socket.destroy(), 20)
  }
  if (how === 'drips') {
    response.writeHead(200, head).write(body.subarray(0, 10))
    setTimeout(() => response.end(body.subarray(10)), dripMs)
  }
  return { eventId, attempt, how, isTaken: how === 'takes' || how === 'drips' || how === 'halves' }
}

function manner(): Manner {
  let at = Math.random() * 100
  for (const [how, percent] of Object.entries(percents)) {
    at -= percent
    if (at < 0) return how as Manner
  }
  return 'takes'
}
