import type { EventView } from '#core/delivery/event.ts'
import type { Stage } from './stage.ts'
import {
  canteen,
  github,
  shopify,
  slack,
  slackChallenge,
  standardWebhooks,
  stripe,
  svix,
  type VendorRequest,
} from './vendors.ts'

/** One thing that happens at the gate. It throws when it does not happen as it should. */
export interface Scene {
  readonly title: string
  play(stage: Stage): Promise<Played>
}

/** What is shown of it: the gate's answer, and what became of the event. */
export interface Played {
  readonly answer: string
  readonly became: string
}

const now = () => new Date()
const shifted = (seconds: number) => new Date(Date.now() + seconds * 1000)

/** A vendor's event that must be accepted, and delivered exactly once with a right signature. */
function delivered(title: string, app: string, source: string, make: (stage: Stage) => Promise<VendorRequest>): Scene {
  return {
    title,
    async play(stage) {
      const { id, answer } = await accept(stage, app, source, await make(stage))
      const event = await stage.until(id, 'delivered')
      const seen = (await stage.received()).filter(received => received.id === id)
      expect(seen.length === 1 && seen.every(({ isVerified }) => isVerified), `the app saw ${id} ${seen.length} times`)
      return { answer, became: outcome(event) }
    },
  }
}

/** A request that must be refused with a fault, and never reach the app. */
function refused(
  title: string,
  fault: string,
  app: string,
  source: string,
  make: (stage: Stage) => Promise<VendorRequest>,
): Scene {
  return {
    title,
    async play(stage) {
      const before = (await stage.received()).length
      const { status, answer } = await stage.push(app, source, await make(stage))
      expect(answer.code === fault, `expected ${fault}, got ${status} ${answer.text}`)
      expect((await stage.received()).length === before, 'the app received what was refused')
      return { answer: `${status} ${fault}`, became: 'refused, not stored' }
    },
  }
}

const stripeEvent = (stage: Stage, at = now()) => stripe(stage.secret('shop', 'stripe-current'), at)
const canteenEvent = (stage: Stage) => canteen(stage.secret('where2eat', 'canteen'), now())

export const scenes: readonly Scene[] = [
  delivered('Stripe, signed by `stripe`', 'shop', 'stripe', stripeEvent),
  delivered('Stripe, signed with the next secret', 'shop', 'stripe', stage =>
    stripe(stage.secret('shop', 'stripe-next'), now()),
  ),
  delivered('GitHub, signed by `@octokit/webhooks-methods`', 'helpdesk', 'github', stage =>
    github(stage.secret('helpdesk', 'github'), now()),
  ),
  delivered('Standard Webhooks, signed by `standardwebhooks`', 'where2eat', 'menus', stage =>
    standardWebhooks(stage.secret('where2eat', 'menus'), now()),
  ),
  delivered('Svix, signed by `svix`', 'where2eat', 'accounts', stage =>
    svix(stage.secret('where2eat', 'accounts'), now()),
  ),
  delivered('Slack event', 'helpdesk', 'slack', stage => slack(stage.secret('helpdesk', 'slack'), now())),
  delivered('Shopify order', 'shop', 'shopify', stage => shopify(stage.secret('shop', 'shopify'), now())),
  delivered('home-made HMAC-SHA512', 'where2eat', 'canteen', canteenEvent),
  {
    title: 'Slack url_verification',
    async play(stage) {
      const request = await slackChallenge(stage.secret('helpdesk', 'slack'), now())
      const { status, answer } = await stage.push('helpdesk', 'slack', request)
      expect(status === 200 && answer.text === JSON.parse(request.body).challenge, `answered ${status} ${answer.text}`)
      return { answer: '200 the challenge', became: 'answered, not an event' }
    },
  },
  refused('forged body', 'signature-mismatch', 'shop', 'stripe', async stage => {
    const { body, headers } = await stripeEvent(stage)
    return { body: body.replace('1990', '1'), headers }
  }),
  refused('timestamp 10 minutes old', 'timestamp-outside', 'shop', 'stripe', stage =>
    stripeEvent(stage, shifted(-600)),
  ),
  refused('timestamp 10 minutes ahead', 'timestamp-outside', 'shop', 'stripe', stage =>
    stripeEvent(stage, shifted(600)),
  ),
  refused('no signature', 'signature-missing', 'shop', 'stripe', async stage => ({
    ...(await stripeEvent(stage)),
    headers: {},
  })),
  refused('unknown app', 'app-unknown', 'no-such-app', 'stripe', stripeEvent),
  refused('unknown source', 'source-unknown', 'shop', 'no-such-source', stripeEvent),
  {
    title: 'the same event twice',
    async play(stage) {
      const request = await stripeEvent(stage)
      const { id } = await accept(stage, 'shop', 'stripe', request)
      return duplicate(stage, 'shop', 'stripe', request, id)
    },
  },
  {
    title: 'captured GitHub request under a new delivery id',
    async play(stage) {
      const request = await github(stage.secret('helpdesk', 'github'), now())
      const fresh = { ...request, body: request.body.replace(/}$/, `,"captured":"${crypto.randomUUID()}"}`) }
      const { sign } = await import('@octokit/webhooks-methods')
      const headers = {
        ...fresh.headers,
        'x-hub-signature-256': await sign(stage.secret('helpdesk', 'github'), fresh.body),
      }
      const { id } = await accept(stage, 'helpdesk', 'github', { ...fresh, headers })
      const replayed = { body: fresh.body, headers: { ...headers, 'x-github-delivery': crypto.randomUUID() } }
      return duplicate(stage, 'helpdesk', 'github', replayed, id)
    },
  },
  {
    title: 'an app that fails twice and then works',
    async play(stage) {
      await stage.fail('/hooks/canteen', 503, 2)
      const { id, answer } = await accept(stage, 'where2eat', 'canteen', await canteenEvent(stage))
      const event = await stage.until(id, 'delivered')
      expect(event.attempts.length === 3, `${event.attempts.length} attempts`)
      return { answer, became: outcome(event) }
    },
  },
  {
    title: 'an app that never works, then mended and replayed',
    async play(stage) {
      await stage.fail('/hooks/canteen', 500, Number.MAX_SAFE_INTEGER)
      const { id, answer } = await accept(stage, 'where2eat', 'canteen', await canteenEvent(stage))
      const dead = await stage.until(id, 'dead')
      await stage.fail('/hooks/canteen', 500, 0)
      await stage.replay(id, 'the app is mended')
      return { answer, became: `${outcome(dead)}; replayed: ${outcome(await stage.until(id, 'delivered'))}` }
    },
  },
]

async function accept(stage: Stage, app: string, source: string, request: VendorRequest) {
  const { status, answer } = await stage.push(app, source, request)
  expect(status === 202 && typeof answer.eventId === 'string', `expected 202, got ${status} ${answer.text}`)
  return { id: String(answer.eventId), answer: '202 accepted' }
}

async function duplicate(
  stage: Stage,
  app: string,
  source: string,
  request: VendorRequest,
  first: string,
): Promise<Played> {
  const { status, answer } = await stage.push(app, source, request)
  expect(status === 200 && answer.duplicate === true && answer.eventId === first, `answered ${status} ${answer.text}`)
  const event = await stage.until(first, 'delivered')
  return { answer: '202, then 200 duplicate', became: outcome(event) }
}

function outcome({ state, attempts }: EventView): string {
  return `${state} (${attempts.map(({ status, fault }) => status ?? fault ?? '…').join(', ')})`
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
