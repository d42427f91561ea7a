import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'

/** One delivery as the app saw it. */
export interface Delivery {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A micro-app on loopback that answers each delivery as it is told, and remembers them all. */
export async function startApp(answer: (delivery: Delivery) => number | Promise<number> = () => 204) {
  const seen: Delivery[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const delivery = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) }
    seen.push(delivery)
    response.writeHead(await answer(delivery)).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, seen, close: () => server.close() }
}

/** The manifest of an app `probe` with one GitHub source `in`, whose deliveries go to an upstream. */
export function probeManifest(upstream: string, more = ''): string {
  return `apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: probe }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "${upstream}" }]
  webhooks:
    in:
      scheme: github
      secrets: [vendor]
      path: /in
${more}`
}

/** The secrets file that goes with `probeManifest`. */
export const probeSecrets = 'SECRET_PROBE__VENDOR=vendor-secret\n'
