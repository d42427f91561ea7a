import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A server that speaks OPA's data API: `POST /v1/data/<path>` with `{"input"}` answers `{"result"}`, and `{}` where
 * the decision is undefined. `decide` stands in for the policy.
 */
export async function opaServer(decide: (path: string, input: unknown) => unknown | Promise<unknown>, token?: string) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    const path = /^\/v1\/data\/(.*)$/.exec(request.url ?? '')?.[1]
    if (path === undefined || request.method !== 'POST') return answer(404, { code: 'resource_not_found' })
    if (token && request.headers.authorization !== `Bearer ${token}`) return answer(401, { code: 'unauthorized' })
    const { input } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { input?: unknown }
    const result = await decide(path, input)
    answer(200, result === undefined ? {} : { result })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
