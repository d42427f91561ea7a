import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Answer = (asked: Asked, response: ServerResponse) => void | Promise<void>

/** Stand-ins for vendors' APIs on one loopback port: each answers what its vendor answers, to whoever has its key. */
export async function startVendors(answers: Readonly<Record<string, Answer>>) {
  const asked: Asked[] = []
  const begun: string[] = []
  const left: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    const { method = '', url = '', headers } = request
    begun.push(url)
    response.once('close', () => void (response.writableFinished || left.push(url)))
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return
    }
    const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() }
    asked.push(one)
    const answer = Object.entries(answers).find(([start]) => url.startsWith(start))?.[1]
    if (answer) await answer(one, response)
    else response.writeHead(404).end()
  }).listen(0, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    port,
    /** Paths of requests, as they begin. */
    begun,
    /** Requests that came whole. */
    asked,
    /** Paths of requests that were broken off before their answer had ended. */
    left,
    close: () => server.close(),
  }
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** Server-sent events, one after the other, with a pause before each but the first. */
export async function events(response: ServerResponse, texts: readonly string[], pauseMs = 0): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [index, text] of texts.entries()) {
    if (index > 0 && pauseMs > 0) await new Promise(resolve => setTimeout(resolve, pauseMs))
    response.write(text)
  }
  response.end()
}
