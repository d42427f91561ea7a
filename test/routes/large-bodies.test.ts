import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { Settlement } from '#core/delivery/event.ts'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import { keys } from '#core/keys.ts'
import { BodyBudget } from '#core/pipeline/body.ts'
import type { Env } from '#platform/env.ts'
import { r2Payloads } from '#platform/payloads-r2.ts'
import { bucketsOf } from '#platform/places.ts'
import { deliveries } from '#routes/deliveries.ts'
import { expectFault } from '../support/faults.ts'
import { gatedApp, push } from '../support/gated-app.ts'
import { answering, entryOf, recordingPorts } from '../support/ports.ts'

const body = new Uint8Array(10 * 1_048_576).fill(120)
const payloads = r2Payloads(bucketsOf(env as unknown as Env))

/** Counts what is open at once, as Cloudflare does for one invocation: streams from R2 until they end, and fetches. */
function sixAtMost() {
  let open = 0
  let most = 0
  const begin = () => {
    open += 1
    most = Math.max(most, open)
    if (open > 6) throw new Error('a seventh connection')
  }
  const end = () => {
    open -= 1
  }
  return {
    most: () => most,
    async get(eventId: string) {
      begin()
      const stream = await payloads.get(eventId)
      return stream.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ flush: end }))
    },
    async fetch() {
      begin()
      await new Promise(resolve => setTimeout(resolve, 5))
      end()
      return new Response('ok')
    },
  }
}

it('forty bodies of 10 MiB at once are each taken or told to come again, and then delivered', {
  timeout: 60_000,
}, async () => {
  const seen = await gatedApp('large-forty')
  const answers = await Promise.all(Array.from({ length: 40 }, () => push('large-forty', { body })))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter(status => status !== 202 && status !== 503)).toEqual([])
  expect(statuses).toContain(202)
  for (const answer of answers.filter(({ status }) => status === 503)) {
    expect(answer.headers.get('retry-after')).toBe('5')
    await expectFault(answer, 'overloaded', 503)
  }
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(0)
  for (const { body: bytes } of seen) expect(bytes.length).toBe(body.length)
})

it('a batch of four large ones keeps to six connections and to the memory of the isolate', async () => {
  const app = 'large-batch'
  const ids = Array.from({ length: 4 }, () => mintEventId(homeMailbox(app), new Date()))
  for (const id of ids) await env.PAYLOADS.put(keys.payload(id), body)
  const connections = sixAtMost()
  const settled: Settlement[] = []
  const bodies = new BodyBudget()
  const entry = entryOf({ webhooks: { shop: { scheme: 'github', secrets: ['current'], path: '/hooks' } } })
  const { ports } = recordingPorts({
    bodies,
    switches: { find: async () => 'open' },
    secrets: { find: async () => undefined } as never,
    appTokens: { forwarded: async () => undefined } as never,
    registry: answering({ kind: 'found', entry: { ...entry, app } }),
    payloads: { ...payloads, get: connections.get },
    upstreams: { fetch: connections.fetch },
    settings: { environment: 'local', isLocal: true, ownHosts: [], regions: new Map() },
    mailboxes: { settle: async (one: Settlement) => void settled.push(one) } as never,
  })
  const facts = { source: 'shop', attempt: 1, receivedAtMs: Date.now(), headers: [], hops: 0 }
  await deliveries(
    ids.map(eventId => ({ ...facts, eventId })),
    ports,
  )
  expect(settled.map(({ outcome }) => outcome.kind)).toEqual(['answered', 'answered', 'answered', 'answered'])
  expect(connections.most()).toBeLessThanOrEqual(6)
  expect(bodies.heldBytes).toBe(0)
})
