import { createHmac, randomUUID } from 'node:crypto'
import githubExamples from '@octokit/webhooks-examples/api.github.com/index.json' with { type: 'json' }
import { sign as signGithub } from '@octokit/webhooks-methods'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'

/** A request as a vendor sends it. */
export interface VendorRequest {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Signs one real event with the vendor's own package; where a vendor has none, by its documentation. */
type Vendor = (secret: string, at: Date) => Promise<VendorRequest>

const seconds = (at: Date) => Math.floor(at.getTime() / 1000)
const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text)

export const stripe: Vendor = async (secret, at) => {
  const object = { id: `in_${randomUUID()}`, object: 'invoice', amount_paid: 1990, currency: 'eur' }
  const body = JSON.stringify({ id: `evt_${randomUUID()}`, object: 'event', type: 'invoice.paid', data: { object } })
  const options = { payload: body, secret, timestamp: seconds(at) }
  const signature = await new Stripe('sk_test_unused').webhooks.generateTestHeaderStringAsync(options)
  return { body, headers: { 'content-type': 'application/json', 'stripe-signature': signature } }
}

export const github: Vendor = async secret => {
  const examples = githubExamples as unknown as { name: string; examples: object[] }[]
  const body = JSON.stringify(examples.find(({ name }) => name === 'pull_request')?.examples[0])
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'pull_request',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': await signGithub(secret, body),
  }
  return { body, headers }
}

export const standardWebhooks: Vendor = async (secret, at) => {
  const id = `msg_${randomUUID()}`
  const body = JSON.stringify({ type: 'menu.updated', timestamp: at.toISOString(), data: { menu: 'lunch' } })
  const signature = new StandardWebhook(secret).sign(id, at, body)
  return {
    body,
    headers: { 'webhook-id': id, 'webhook-timestamp': String(seconds(at)), 'webhook-signature': signature },
  }
}

export const svix: Vendor = async (secret, at) => {
  const id = `msg_${randomUUID()}`
  const body = JSON.stringify({ type: 'user.created', data: { id: `user_${randomUUID()}` } })
  const signature = new SvixWebhook(secret).sign(id, at, body)
  return { body, headers: { 'svix-id': id, 'svix-timestamp': String(seconds(at)), 'svix-signature': signature } }
}

/** https://api.slack.com/authentication/verifying-requests-from-slack */
export const slack: Vendor = async (secret, at) =>
  slackRequest({ type: 'event_callback', event_id: `Ev${randomUUID()}`, event: { type: 'app_mention' } }, secret, at)

/** https://api.slack.com/events/url_verification */
export const slackChallenge: Vendor = async (secret, at) =>
  slackRequest(
    { type: 'url_verification', challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' },
    secret,
    at,
  )

function slackRequest(payload: unknown, secret: string, at: Date): VendorRequest {
  const body = JSON.stringify(payload)
  const timestamp = String(seconds(at))
  const signature = `v0=${hmac(secret, `v0:${timestamp}:${body}`).digest('hex')}`
  return { body, headers: { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } }
}

/** https://shopify.dev/docs/apps/build/webhooks/subscribe/https */
export const shopify: Vendor = async secret => {
  const body = JSON.stringify({ id: 820982911946154500, total_price: '19.90', note: randomUUID() })
  const headers = {
    'x-shopify-topic': 'orders/create',
    'x-shopify-event-id': randomUUID(),
    'x-shopify-hmac-sha256': hmac(secret, body).digest('base64'),
  }
  return { body, headers }
}

/** The home-made system of `examples/registry/where2eat.yaml`. */
export const canteen: Vendor = async (secret, at) => {
  const body = JSON.stringify({ dish: 'soup', left: 3, booking: randomUUID() })
  const timestamp = String(seconds(at))
  const signature = createHmac('sha512', secret).update(`${timestamp}.${body}`).digest('base64')
  const headers = { 'x-signature': `sha512=${signature}`, 'x-timestamp': timestamp, 'x-event-id': randomUUID() }
  return { body, headers }
}
