import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createClient } from '@redis/client'
import { freePort } from '../../../scripts/free-port.ts'
import { until } from './gateway.ts'

/** The first line of Upstash's scripts, which is for Upstash's own server; Redis 7.0 refuses it. */
const flags = /^#!lua flags=allow-key-locking\n/

/** A real Redis of its own, with the REST interface of Upstash in front: single commands and pipelines. */
export interface RedisFront {
  readonly url: string
  readonly token: string
  /** One command past the front. */
  command(...parts: string[]): Promise<unknown>
  /** How many requests came, each with a pipeline of commands or with one. */
  requests(): number
  /** Answers nothing until it is told to again; what has been asked by then is done late. */
  stall(isStalled: boolean): void
  stop(): Promise<void>
}

/** Starts Redis and its front. Needs the Debian package redis-server. */
export async function startRedisFront(): Promise<RedisFront> {
  const port = await freePort()
  const redis: ChildProcess = spawn('redis-server', ['--port', String(port), '--save', '', '--bind', '127.0.0.1'])
  redis.once('error', error => {
    throw new Error(`redis-server does not start (${error.message}); install the Debian package redis-server`)
  })
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  client.on('error', () => {})
  await until(
    'Redis answers',
    async () =>
      client.isReady ||
      (await client.connect().then(
        () => true,
        () => false,
      )),
  )
  const token = 'test-token'
  let stalled = Promise.withResolvers<void>()
  stalled.resolve()

  /** Redis knows a script without its first line by another digest than Upstash does. */
  const stripped = new Map<string, string>()
  const command = async (parts: readonly string[]): Promise<object> => {
    const [name = '', script = '', ...rest] = parts
    try {
      if (/^eval$/i.test(name)) {
        const plain = script.replace(flags, '')
        stripped.set(sha1(script), sha1(plain))
        return { result: await client.sendCommand([name, plain, ...rest]) }
      }
      if (/^evalsha$/i.test(name))
        return { result: await client.sendCommand([name, stripped.get(script) ?? script, ...rest]) }
      return { result: await client.sendCommand([...parts]) }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }

  let requests = 0
  const server: Server = createServer(async (request, response) => {
    requests++
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.headers.authorization !== `Bearer ${token}`) return send(401, { error: 'Unauthorized' })
    const input = JSON.parse(await textOf(request))
    await stalled.promise
    if (request.url === '/') {
      const answer = await command(input.map(String))
      return send('error' in answer ? 400 : 200, answer)
    }
    if (request.url !== '/pipeline') return send(404, { error: 'not in this front' })
    send(200, await Promise.all(input.map((parts: unknown[]) => command(parts.map(String)))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()

  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    token,
    command: (...parts) => client.sendCommand(parts),
    requests: () => requests,
    stall(isStalled) {
      if (isStalled) stalled = Promise.withResolvers()
      else stalled.resolve()
    },
    async stop() {
      stalled.resolve()
      server.closeAllConnections()
      server.close()
      client.destroy()
      redis.kill()
      await once(redis, 'close')
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
