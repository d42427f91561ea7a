import { createServer, type IncomingMessage, type Server } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { callerOf } from './caller.ts'

/** One delivery as this app took it. */
export interface Received {
  readonly id: string
  readonly source: string
  readonly attempt: number
  readonly path: string
  readonly at: string
  readonly status: number
  /** Whether the gateway's signature was right; nothing else is believed. */
  readonly isVerified: boolean
  readonly body: string
}

/** How many deliveries to a path are answered with a status before all is well again. */
interface Failing {
  readonly status: number
  times: number
}

/**
 * A micro-app as anybody would write one: it takes webhooks, checks the gateway's signature with the
 * unmodified `standardwebhooks` package, does its work once per `webhook-id`, and shows what came.
 *
 * `GET /v1/places` is its API, for callers that the gateway has let in.
 * `GET /` shows it as a page, `GET /received` as JSON; `POST /failing {path, status, times}` makes the
 * next deliveries to a path fail, for trying out retries.
 *
 * @param keys the `whsec_` keys that the manifest lists under `signing`
 * @param gateway the address of the gateway whose tokens it believes
 */
export function sampleApp(keys: readonly string[], gateway: string): Server {
  const received: Received[] = []
  const failing = new Map<string, Failing>()
  const webhooks = keys.map(key => new Webhook(key))
  const caller = callerOf('where2eat', gateway)

  return createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://app').pathname
    const body = await bodyOf(request)
    if (path === '/v1/places') {
      const subject = await caller(request.headers['gatehouse-token'])
      if (subject === undefined) return response.writeHead(401).end()
      response.writeHead(200, { 'content-type': 'application/json' })
      return response.end(JSON.stringify({ places: ['Zum Anker', 'Casa Luz'], caller: subject }))
    }
    if (request.method === 'GET') {
      const json = path === '/received'
      response.writeHead(200, { 'content-type': json ? 'application/json' : 'text/html; charset=utf-8' })
      return response.end(json ? JSON.stringify(received) : page(received))
    }
    if (path === '/failing') {
      const { path: at, status, times } = JSON.parse(body.toString('utf8'))
      failing.set(at, { status, times })
      return response.writeHead(204).end()
    }
    const isVerified = webhooks.some(webhook => verifies(webhook, body, request.headers))
    const status = isVerified ? statusFor(failing.get(path)) : 401
    received.push({
      id: String(request.headers['webhook-id']),
      source: String(request.headers['gatehouse-source']),
      attempt: Number(request.headers['gatehouse-attempt']),
      path,
      at: new Date().toISOString(),
      status,
      isVerified,
      body: body.toString('utf8'),
    })
    response.writeHead(status).end()
  })
}

function verifies(webhook: Webhook, body: Buffer, headers: IncomingMessage['headers']): boolean {
  try {
    webhook.verify(body, headers as Record<string, string>, { jsonParse: false })
    return true
  } catch {
    return false
  }
}

function statusFor(failing: Failing | undefined): number {
  if (!failing || failing.times <= 0) return 204
  failing.times -= 1
  return failing.status
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function page(received: readonly Received[]): string {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
  const rows = received
    .toReversed()
    .map(({ at, source, id, attempt, status, isVerified, body }) => {
      const cells = [
        at,
        source,
        id,
        String(attempt),
        String(status),
        isVerified ? 'right' : 'WRONG',
        body.slice(0, 200),
      ]
      return `<tr>${cells.map(cell => `<td>${escaped(cell)}</td>`).join('')}</tr>`
    })
    .join('\n')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sample micro-app</title></head>
<body><h1>${received.length} deliveries</h1>
<table><tr><th>at</th><th>source</th><th>webhook-id</th><th>attempt</th><th>answered</th><th>signature</th><th>body</th></tr>
${rows}
</table></body></html>`
}
