import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface ApiUpstream {
  readonly port: number
  /** What has come, as method and URL. */
  readonly seen: readonly string[]
  /** The headers of the last request. */
  lastHeaders(): IncomingMessage['headers']
  /** The URLs whose caller went away before the answer was whole. */
  readonly left: readonly string[]
  stop(): void
}

/**
 * An app as it might really be: it answers with what it was asked, streams events and bytes, compresses, and
 * speaks WebSocket (RFC 6455), sending back the text it gets.
 */
export async function startApiUpstream(): Promise<ApiUpstream> {
  const seen: string[] = []
  const left: string[] = []
  let last: IncomingMessage['headers'] = {}
  const server = createServer(async (request, response) => {
    seen.push(`${request.method} ${request.url}`)
    last = request.headers
    response.on('close', () => {
      if (!response.writableFinished) left.push(`${request.url}`)
    })
    if (request.url?.startsWith('/held/never')) return
    if (request.url?.startsWith('/held/silent')) return void response.writeHead(200).write('first')
    if (request.url?.startsWith('/held/late')) return void setTimeout(() => response.end('made'), 1_500)
    if (request.url === '/stream/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: first\n\n')
      setTimeout(() => response.end('data: last\n\n'), 1_000)
      return
    }
    if (request.url === '/stream/gzip') {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
      response.end(gzipSync('squeezed '.repeat(1_000)))
      return
    }
    let bytes = 0
    try {
      for await (const chunk of request) bytes += chunk.length
    } catch {
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ url: request.url, method: request.method, bytes }))
  })
  server.on('upgrade', (request, socket) => {
    seen.push(`UPGRADE ${request.url}`)
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.on('error', () => {})
    socket.on('data', (frame: Buffer) => {
      if ((frame[0] ?? 0) !== 0x81) return void socket.end(frame.length > 0 ? Buffer.from([0x88, 0]) : undefined)
      const length = (frame[1] ?? 0) & 0x7f
      const mask = frame.subarray(2, 6)
      const text = frame.subarray(6, 6 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0))
      socket.write(Buffer.concat([Buffer.from([0x81, length]), text]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    seen,
    left,
    lastHeaders: () => last,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
