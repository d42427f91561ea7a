import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { WebClient } from '@slack/web-api'
import OpenAI from 'openai'
import Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { providerKey, sampleProvider } from '../../examples/oidc-provider/server.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Started, startGatehouse, temporaryFolder, until, write } from '../support/node/gateway.ts'
import { appTokenOf, secretLines, vendorApis, vendorApp, vendorKeys } from '../support/node/vendor-apis.ts'
import { json, startVendors } from '../support/node/vendors.ts'

const clientSecret = 'client-secret-journey-8812'
const keys = { ...vendorKeys, client: clientSecret }

const largeBytes = 200 * 1024 * 1024

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let vendors: Awaited<ReturnType<typeof startVendors>>
let provider: ReturnType<typeof sampleProvider>
let gateway: Started
let base: string
let token: string
const answered: string[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  vendors = await startVendors({
    ...vendorApis,
    '/oauth': ({ headers }, response) => json(response, { type: headers.authorization?.split(' ')[0] }),
    '/large': async (_, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      const piece = Buffer.alloc(1024 * 1024, 'x')
      for (let n = 0; n < largeBytes / piece.length; n++) if (!response.write(piece)) await once(response, 'drain')
      response.end()
    },
    '/too-large': (_, response) => void response.writeHead(200).end('x'.repeat(2_000)),
    // an answer that begins and never ends, and then says no more
    '/stuck/paused': (_, response) => void response.writeHead(200).write('x'),
    '/stuck/broken': (_, response) => {
      response.writeHead(200).write('x')
      setTimeout(() => response.destroy(), 50)
    },
    '/endless': (_, response) => {
      const timer = setInterval(() => response.write('x'), 20)
      response.once('close', () => clearInterval(timer))
    },
  })
  const issuerPort = await freePort()
  const issuer = `http://127.0.0.1:${issuerPort}`
  const clients = [{ id: 'maps', secret: keys.client }]
  provider = sampleProvider(issuer, {
    clients,
    audiences: { 'api://maps': 'read' },
    keys: [await providerKey()],
  }).listen(issuerPort, '127.0.0.1')
  const host = `http://localhost:${vendors.port}`
  const oauth = `{ as: oauth2, secret: client, tokenUrl: "${issuer}/token", clientId: maps, scopes: [read] }`
  await write(folder.path, {
    'registry/shop.yaml': vendorApp('shop', host, [
      `{ to: "GET ${host}/oauth", credential: ${oauth} }`,
      `{ to: "GET ${host}/large", credential: { as: bearer, secret: openai } }`,
      `{ to: "GET ${host}/endless", concurrency: 1 }`,
      `{ to: "GET ${host}/stuck/*", timeoutMs: 1000 }`,
      `{ to: "GET ${host}/too-large", maxBytes: 1000 }`,
      `{ to: "POST ${host}/cut" }`,
    ]),
    'secrets.env': secretLines('shop', { client: clientSecret }),
  })
  const port = await freePort()
  const state = join(folder.path, 'state')
  const registry = ['--registry', join(folder.path, 'registry'), '--secrets', join(folder.path, 'secrets.env')]
  gateway = await startGatehouse([...registry, '--state', state, '--port', String(port), '--no-samples'])
  base = `${gateway.url}/egress/localhost:${vendors.port}`
  token = await appTokenOf('shop', state, gateway.url)
}, 360_000)

afterAll(async () => {
  await gateway?.stop()
  vendors?.close()
  provider?.close()
  await folder?.[Symbol.asyncDispose]()
})

const told = <Value>(value: Value): Value => {
  answered.push(JSON.stringify(value))
  return value
}

it('the unmodified openai package goes out, in one piece and streaming', async () => {
  const client = new OpenAI({ apiKey: token, baseURL: `${base}/v1`, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'hello' }]
  const whole = told(await client.chat.completions.create({ model: 'gpt-4o', messages }))
  expect(whole.choices[0]?.message.content).toBe(`you sent Bearer ${'*'.repeat(keys.openai.length)}`)
  const arrivals: number[] = []
  for await (const part of await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })) {
    told(part)
    arrivals.push(Date.now())
  }
  expect(arrivals).toHaveLength(2)
  expect((arrivals[1] ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(100)
})

it('the unmodified @anthropic-ai/sdk goes out, its API key being the token', async () => {
  const client = new Anthropic({ apiKey: token, baseURL: `${base}`, maxRetries: 0 })
  const message = told(
    await client.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }],
    }),
  )
  expect(message.content).toEqual([{ type: 'text', text: 'hello' }])
})

it('the unmodified stripe package goes out, its fetch leading to the gateway', async () => {
  const throughGate = (url: RequestInfo | URL, init?: RequestInit) =>
    fetch(String(url).replace('https://api.stripe.com:443', base).replace('https://api.stripe.com', base), init)
  const client = new Stripe(token, {
    httpClient: Stripe.createFetchHttpClient(throughGate as typeof fetch),
    maxNetworkRetries: 0,
  })
  expect(told(await client.charges.create({ amount: 4711, currency: 'eur' })).amount).toBe(4711)
})

it('the unmodified @slack/web-api goes out', async () => {
  const client = new WebClient(token, { slackApiUrl: `${base}/api/`, retryConfig: { retries: 0 } })
  expect(told(await client.chat.postMessage({ channel: 'C1', text: 'lunch' }))).toMatchObject({
    ok: true,
    message: { text: 'lunch' },
  })
})

it('an access token of a real oidc-provider is fetched and lent', async () => {
  const response = await fetch(`${base}/oauth`, { headers: { authorization: `Bearer ${token}` } })
  expect([response.status, told(await response.json())]).toEqual([200, { type: 'Bearer' }])
})

it('an answer of 200 MB streams through in bounded memory', async () => {
  const before = largestWorkerd()
  expect(before).toBeGreaterThan(10 * 1024 * 1024)
  const response = await fetch(`${base}/large`, { headers: { authorization: `Bearer ${token}` } })
  let bytes = 0
  let most = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.length
    if (bytes % (16 * 1024 * 1024) < piece.length) most = Math.max(most, largestWorkerd())
  }
  expect(bytes).toBe(largeBytes)
  expect(most - before).toBeLessThan(100 * 1024 * 1024)
}, 270_000)

describe('an app that hangs up', () => {
  it('while the answer comes ends it, and its slot is free again', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    const place = `/egress/localhost:${vendors.port}/endless`
    socket.write(`GET ${place} HTTP/1.1\r\nhost: gate\r\nauthorization: Bearer ${token}\r\n\r\n`)
    const [begun] = await once(socket, 'data')
    expect(String(begun)).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
    await until('the outside was left', async () => vendors.left.includes('/endless'))
    await until('the slot is free', async () => {
      const next = await fetch(`${base}/endless`, { headers: { authorization: `Bearer ${token}` } })
      await next.body?.cancel()
      return next.status === 200
    })
  })

  it('in the middle of a body of no stated length sends nothing that could be taken for whole', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    const head = `POST /egress/localhost:${vendors.port}/cut HTTP/1.1\r\nhost: gate\r\ntransfer-encoding: chunked\r\n`
    socket.write(`${head}authorization: Bearer ${token}\r\n\r\n5\r\nhello\r\n`)
    await until('its beginning has arrived', async () => vendors.begun.includes('/cut'))
    socket.destroy()
    await until('the outside was left', async () => vendors.left.includes('/cut'))
    expect(vendors.asked.map(({ path }) => path)).not.toContain('/cut')
  })
})

it.each(['/too-large', '/stuck/paused', '/stuck/broken'])(
  'an answer that breaks off is never whole, and nobody finds an error that nobody caught: %s',
  async path => {
    const response = await fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } })
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    await until('its record', async () => gateway.output().includes(`"path":"${path}"`))
    expect(gateway.output()).not.toMatch(/uncaught/i)
  },
)

it('no key of a vendor, and no token, stands in anything that the gateway wrote or answered', async () => {
  await until('the last record', async () => gateway.output().includes('"path":"/large"'))
  const texts = { output: gateway.output(), answers: answered.join('\n'), ...filesOf(join(folder.path, 'state')) }
  for (const [where, text] of Object.entries(texts))
    for (const secret of [...Object.values(keys), token])
      expect(text.includes(secret), `${where} holds a secret`).toBe(false)
  expect(Object.keys(texts).length).toBeGreaterThan(5)
  for (const { headers, path, body } of vendors.asked)
    expect(JSON.stringify({ headers, path, body })).not.toContain(token)
})

/** Bytes of memory of the largest workerd below the gateway's process. */
function largestWorkerd(): number {
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const parents = new Map(all.map(pid => [pid, /^PPid:\s*(\d+)/m.exec(statusOf(pid))?.[1] ?? '']))
  const isBelow = (pid: string): boolean =>
    pid === String(gateway.process.pid) || (parents.has(pid) && isBelow(parents.get(pid) ?? ''))
  const sizes = all.filter(isBelow).map(pid => Number(/^VmRSS:\s*(\d+)/m.exec(statusOf(pid))?.[1] ?? 0) * 1024)
  return Math.max(0, ...sizes)
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

/** Every file below a folder as text, but the one that the test put the secrets in. */
function filesOf(path: string): Record<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).map(name => join(path, name))
  return Object.fromEntries(
    names.filter(name => statSync(name).isFile()).map(name => [name, readFileSync(name, 'latin1')]),
  )
}
