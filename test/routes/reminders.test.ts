import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { Round } from '#core/owner/rounds.ts'
import type { EndingPage } from '#core/ports/registry.ts'
import type { Ports } from '#core/ports.ts'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { perRun, reminders } from '#routes/reminders.ts'
import { gatedApp, mailboxStub } from '../support/gated-app.ts'
import { putInForce } from '../support/pointers.ts'
import { eventually, moveTimeTo } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const key = `whsec_${btoa('the owner, who wants to be told.')}`

/** An app that ends at a moment, whose owner answers as given. */
async function endingApp(name: string, expiresAtMs: number, answer = () => new Response(null, { status: 204 })) {
  const days: string[] = []
  const seen = appAt(`${name}-owner.example.com`, ({ body, headers }) => {
    const message = new Webhook(key).verify(new TextDecoder().decode(body), Object.fromEntries(headers)) as {
      type: string
      events: { days: number }[]
    }
    days.push([message.type, ...message.events.map(event => event.days)].join(' '))
    return answer()
  })
  const notify = { url: `https://${name}-owner.example.com/in`, secret: 'owner' }
  await gatedApp(name, {
    spec: { owner: { user: 'tess', team: 'tests', contact: '#tests', notify } },
    secrets: { owner: key },
  })
  await putInForce(name, { expiresAt: new Date(expiresAtMs).toISOString() })
  return { seen, days }
}

/** The gateway's own ports, over the apps of one test alone: other tests' apps end as well. */
function portsOver(apps: readonly string[], state: { stored?: unknown } = {}): Ports {
  const ports = portsFrom(env as unknown as Env & Record<string, unknown>)
  return {
    ...ports,
    rounds: {
      read: async () => state.stored,
      async keep(round) {
        state.stored = round
      },
    },
    registryStore: {
      ...ports.registryStore,
      async endings(page) {
        const all = await ports.registryStore.endings({ ...page, limit: 1_000 })
        return { endings: all.endings.filter(({ app }) => apps.includes(app)) }
      },
    },
  }
}

/** Lets the mailbox send what it has gathered; messages of one type leave a minute apart. */
async function sent(app: string): Promise<void> {
  moveTimeTo(Date.now() + 62_000)
  await runDurableObjectAlarm(mailboxStub(app))
}

describe('owners', () => {
  it('are reminded 30, 14, 7 days and 1 before the end, once each, however often the cron runs', async () => {
    const app = 'remind-each'
    const endMs = Date.now() + 40 * dayMs
    const { days } = await endingApp(app, endMs)
    const expected: string[] = []
    const state = {}
    for (const [left, news] of [
      [31, 0],
      [29.9, 30],
      [20, 0],
      [13.9, 14],
      [6.9, 7],
      [0.9, 1],
      [0.1, 0],
      [-1, 0],
    ] as const) {
      moveTimeTo(endMs - left * dayMs)
      // a second isolate, that knows nothing of the first one's rounds, at the same moment
      await Promise.all([reminders(portsOver([app], state)), reminders(portsOver([app]))])
      if (news > 0) expected.push(`expiring ${news}`)
      await sent(app)
      await eventually(() => expect(days).toEqual(expected))
      await reminders(portsOver([app]))
      await sent(app)
    }
    expect(days).toEqual(expected)
  })

  it('hear only the nearest reminder after the cron was away, and a renewal counts anew', async () => {
    const app = 'remind-nearest'
    const endMs = Date.now() + 5 * dayMs
    const { days } = await endingApp(app, endMs)
    const state = { stored: { sinceMs: Date.now() - 6 * dayMs } satisfies Round }
    moveTimeTo(endMs - 0.9 * dayMs)
    await reminders(portsOver([app], state))
    await sent(app)
    await eventually(() => expect(days).toEqual(['expiring 1']))
    await putInForce(app, { expiresAt: new Date(endMs + 6 * dayMs).toISOString() })
    await reminders(portsOver([app]))
    await sent(app)
    await eventually(() => expect(days).toEqual(['expiring 1', 'expiring 7']))
  })

  it('are told again while they do not answer, and not of an end that a renewal has put off', async () => {
    const app = 'remind-again'
    const endMs = Date.now() + 7 * dayMs - hourMs
    let status = 503
    const { seen, days } = await endingApp(app, endMs, () => new Response(null, { status }))
    await reminders(portsOver([app]))
    await sent(app)
    await eventually(() => expect(seen).toHaveLength(1))
    const again = async (wait: number) => {
      moveTimeTo(Date.now() + wait)
      await runDurableObjectAlarm(mailboxStub(app))
    }
    await again(61_000)
    await eventually(() => expect(seen).toHaveLength(2))
    expect(new Set(seen.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1)
    status = 204
    await again(2 * 61_000)
    await eventually(() => expect(days).toEqual(['expiring 7', 'expiring 7', 'expiring 7']))
    await again(4 * 61_000)
    expect(seen).toHaveLength(3)
  })

  it('who renewed meanwhile are not told of the old end', async () => {
    const app = 'remind-renewed'
    const endMs = Date.now() + 7 * dayMs - hourMs
    const { seen } = await endingApp(app, endMs)
    await reminders(portsOver([app]))
    await putInForce(app, { expiresAt: new Date(endMs + 60 * dayMs).toISOString() })
    await env.SWITCHBOARD.getByName('board').renew(app)
    await sent(app)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(seen).toHaveLength(0)
  })
})

describe('a run', () => {
  const nowMs = Date.UTC(2026, 10, 21)
  const end = new Date(nowMs + 7 * dayMs - 1).toISOString()

  /** A registry of so many apps, all due, and mailboxes that fail as told. */
  function many(count: number, fails: (app: string) => boolean = () => false) {
    const names = Array.from({ length: count }, (_, index) => `many-${String(index).padStart(6, '0')}`)
    const told: string[] = []
    const state: { stored?: Round } = {}
    const seen = { pages: 0, lines: [] as string[] }
    let clockMs = nowMs
    const ports = {
      clock: { now: () => new Date(clockMs) },
      log: { write: (_: string, event: string) => void seen.lines.push(event) },
      rounds: {
        read: async () => state.stored,
        async keep(round: Round) {
          state.stored = round
        },
      },
      registryStore: {
        async endings({ limit, cursor = '0' }: { limit: number; cursor?: string }): Promise<EndingPage> {
          seen.pages += 1
          const from = Number(cursor)
          const endings = names.slice(from, from + limit).map(app => ({ app, expiresAt: end }))
          return { endings, ...(from + limit < count && { cursor: String(from + limit) }) }
        },
      },
      mailboxes: {
        async remind(app: string) {
          if (fails(app)) throw new Error('away')
          told.push(app)
        },
      },
    } as unknown as Ports
    const run = async (laterMs = 0) => {
      clockMs += laterMs
      await reminders(ports)
    }
    return { run, told, state, seen }
  }

  it('of 10,000 apps at once goes on where the last one stopped, and each is told once', async () => {
    const { run, told, state, seen } = many(10_000)
    let runs = 0
    do {
      await run(hourMs)
      runs += 1
      expect(told.length).toBeLessThanOrEqual(runs * (perRun.reminders + perRun.appsPerPage))
    } while (state.stored?.open && runs < 100)
    expect([runs, told.length, new Set(told).size]).toEqual([25, 10_000, 10_000])
    expect(seen.pages).toBe(25)
    for (let n = 0; n < 25; n++) await run(hourMs)
    expect(told).toHaveLength(10_000)
  })

  it('tells again whom a mailbox could not take, and everybody else is not held up', async () => {
    let isAway = true
    const { run, told, state } = many(3, app => isAway && app.endsWith('1'))
    await run()
    expect(told).toEqual(['many-000000', 'many-000002'])
    isAway = false
    await run(hourMs)
    expect(told).toContain('many-000001')
    expect(state.stored?.sinceMs).toBe(nowMs + hourMs)
  })
})
