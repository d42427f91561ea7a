import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { WebClient } from '@slack/web-api'
import OpenAI from 'openai'
import Stripe from 'stripe'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AppTokens } from '#core/identity/app-token.ts'
import { TokenKeys } from '#core/identity/token-keys.ts'
import { Secret } from '#core/secrets/secret.ts'
import { providerKey, sampleProvider } from '../../examples/oidc-provider/server.ts'
import { freePort, type Started, startGatehouse, temporaryFolder, until, write } from '../support/node/gateway.ts'
import { events, json, startVendors } from '../support/node/vendors.ts'

/** The vendors' keys, which no app, log, file or answer may ever show. */
const keys = {
  openai: 'sk-openai-journey-4f9c1d7e',
  anthropic: 'sk-ant-journey-90ab77e1',
  stripe: 'sk_live_journey_51NqZx',
  slack: 'xoxb-journey-7731-aaaa',
  client: 'client-secret-journey-8812',
}

const chunkOf = (content: string) =>
  `data: ${JSON.stringify({ model: 'gpt-4o', choices: [{ index: 0, delta: { content } }] })}\n\n`
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
    '/openai/v1/chat/completions': async ({ headers, body }, response) => {
      if (headers.authorization !== `Bearer ${keys.openai}`)
        return json(response, { error: { message: 'bad key' } }, 401)
      if (JSON.parse(body).stream) return events(response, [chunkOf('one'), chunkOf('two'), 'data: [DONE]\n\n'], 300)
      const usage = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 }
      json(response, {
        id: 'c',
        object: 'chat.completion',
        model: 'gpt-4o',
        choices: [{ index: 0, message: { role: 'assistant', content: `you sent ${headers.authorization}` } }],
        usage,
      })
    },
    '/anthropic/v1/messages': ({ headers }, response) => {
      if (headers['x-api-key'] !== keys.anthropic) return json(response, { type: 'error' }, 401)
      const usage = { input_tokens: 5, output_tokens: 2 }
      json(response, {
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: 'claude-haiku-4-5',
        content: [{ type: 'text', text: 'hello' }],
        usage,
      })
    },
    '/v1/charges': ({ headers, body }, response) => {
      if (headers.authorization !== `Bearer ${keys.stripe}`)
        return json(response, { error: { message: 'bad key' } }, 401)
      json(response, { id: 'ch_1', object: 'charge', amount: Number(new URLSearchParams(body).get('amount')) })
    },
    '/slack/api/chat.postMessage': ({ headers, body }, response) => {
      if (headers.authorization !== `Bearer ${keys.slack}`) return json(response, { ok: false, error: 'invalid_auth' })
      json(response, { ok: true, ts: '1.2', message: { text: new URLSearchParams(body).get('text') } })
    },
    '/oauth': ({ headers }, response) => json(response, { type: headers.authorization?.split(' ')[0] }),
    '/large': async (_, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      const piece = Buffer.alloc(1024 * 1024, 'x')
      for (let n = 0; n < largeBytes / piece.length; n++) if (!response.write(piece)) await once(response, 'drain')
      response.end()
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
  const rule = (to: string, credential: string) => `    - { to: "${to}", credential: ${credential} }`
  await write(folder.path, {
    'registry/shop.yaml': `apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: shop }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "http://127.0.0.1:9" }]
  webhooks: { in: { scheme: github, secrets: [vendor], path: /in } }
  egress:
${rule(`POST ${host}/openai/v1/*`, '{ as: bearer, secret: openai }')}
${rule(`POST ${host}/anthropic/v1/*`, '{ as: header, name: x-api-key, secret: anthropic }')}
${rule(`POST ${host}/v1/charges`, '{ as: bearer, secret: stripe }')}
${rule(`POST ${host}/slack/api/*`, '{ as: bearer, secret: slack }')}
${rule(`GET ${host}/oauth`, `{ as: oauth2, secret: client, tokenUrl: "${issuer}/token", clientId: maps, scopes: [read] }`)}
${rule(`GET ${host}/large`, '{ as: bearer, secret: openai }')}
`,
    'secrets.env': Object.entries({ ...keys, vendor: 'github-secret-journey' })
      .map(([name, value]) => `SECRET_SHOP__${name.toUpperCase()}=${value}\n`)
      .join(''),
  })
  const port = await freePort()
  const state = join(folder.path, 'state')
  const registry = ['--registry', join(folder.path, 'registry'), '--secrets', join(folder.path, 'secrets.env')]
  gateway = await startGatehouse([...registry, '--state', state, '--port', String(port), '--no-samples'])
  base = `${gateway.url}/egress/localhost:${vendors.port}`
  const { signing } = JSON.parse(readFileSync(join(state, 'keys.json'), 'utf8'))
  const set = new Secret('SIGNING_KEYS', JSON.stringify({ keys: signing }))
  const tokens = new AppTokens(new TokenKeys({ issuer: gateway.url, keys: set }), { now: () => new Date() })
  token = await tokens.minted({ app: 'shop', subject: 'webhook:in', scopes: [] }, 300)
}, 120_000)

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
  const client = new OpenAI({ apiKey: token, baseURL: `${base}/openai/v1`, maxRetries: 0 })
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
  const client = new Anthropic({ apiKey: token, baseURL: `${base}/anthropic`, maxRetries: 0 })
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
  const client = new WebClient(token, { slackApiUrl: `${base}/slack/api/`, retryConfig: { retries: 0 } })
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
}, 90_000)

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
