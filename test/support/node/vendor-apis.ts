import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppTokens } from '#core/identity/app-token.ts'
import { TokenKeys } from '#core/identity/token-keys.ts'
import { Secret } from '#core/secrets/secret.ts'
import { type Answer, events, json } from './vendors.ts'

/** The vendors' keys, which no app, log, file or answer may ever show. */
export const vendorKeys = {
  openai: 'sk-openai-journey-4f9c1d7e',
  anthropic: 'sk-ant-journey-90ab77e1',
  stripe: 'sk_live_journey_51NqZx',
  slack: 'xoxb-journey-7731-aaaa',
}

const chunkOf = (content: string) =>
  `data: ${JSON.stringify({ model: 'gpt-4o', choices: [{ index: 0, delta: { content } }] })}\n\n`

/** Four vendors' APIs on one port, each as its own package speaks to it, for whoever has its key. */
export const vendorApis: Readonly<Record<string, Answer>> = {
  '/v1/chat/completions': async ({ headers, body }, response) => {
    if (headers.authorization !== `Bearer ${vendorKeys.openai}`)
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
  '/v1/messages': ({ headers }, response) => {
    if (headers['x-api-key'] !== vendorKeys.anthropic) return json(response, { type: 'error' }, 401)
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
    if (headers.authorization !== `Bearer ${vendorKeys.stripe}`)
      return json(response, { error: { message: 'bad key' } }, 401)
    json(response, { id: 'ch_1', object: 'charge', amount: Number(new URLSearchParams(body).get('amount')) })
  },
  '/api/chat.postMessage': ({ headers, body }, response) => {
    if (headers.authorization !== `Bearer ${vendorKeys.slack}`)
      return json(response, { ok: false, error: 'invalid_auth' })
    json(response, { ok: true, ts: '1.2', message: { text: new URLSearchParams(body).get('text') } })
  },
}

const rule = (to: string, credential: string) => `    - { to: "${to}", credential: ${credential} }`

/** The manifest of an app that may go to the four vendors, and where further rules lead. */
export function vendorApp(name: string, host: string, further: readonly string[] = []): string {
  return `apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: ${name} }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "http://127.0.0.1:9" }]
  webhooks: { in: { scheme: github, secrets: [vendor], path: /in } }
  # a busy machine must not decide a test
  limits: { onError: open }
  egress:
${rule(`POST ${host}/v1/chat/completions`, '{ as: bearer, secret: openai }')}
${rule(`POST ${host}/v1/messages`, '{ as: header, name: x-api-key, secret: anthropic }')}
${rule(`POST ${host}/v1/charges`, '{ as: bearer, secret: stripe }')}
${rule(`POST ${host}/api/*`, '{ as: bearer, secret: slack }')}
${further.map(text => `    - ${text}\n`).join('')}`
}

/** The lines of a secrets file for such an app. */
export function secretLines(app: string, secrets: Readonly<Record<string, string>>): string {
  const all = { ...vendorKeys, vendor: 'github-secret-journey', ...secrets }
  return Object.entries(all)
    .map(([name, value]) => `SECRET_${app.toUpperCase()}__${name.toUpperCase()}=${value}\n`)
    .join('')
}

/** A token of a started gateway for an app, as it comes with each request. */
export async function appTokenOf(app: string, state: string, issuer: string): Promise<string> {
  const { signing } = JSON.parse(readFileSync(join(state, 'keys.json'), 'utf8'))
  const set = new Secret('SIGNING_KEYS', JSON.stringify({ keys: signing }))
  const tokens = new AppTokens(new TokenKeys({ issuer, keys: set }), { now: () => new Date() })
  return tokens.minted({ app, subject: 'webhook:in', scopes: [] }, 300)
}
