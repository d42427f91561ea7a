import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { purge } from '#core/delivery/purge.ts'
import { utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import { BodyBudget } from '#core/pipeline/body.ts'
import { r2Archive } from '#platform/archive-r2.ts'
import type { Env } from '#platform/env.ts'
import { r2Payloads } from '#platform/payloads-r2.ts'
import { bucketsOf } from '#platform/places.ts'
import { mailboxes } from '../../support/gated-app.ts'
import { heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { recordingPorts } from '../../support/ports.ts'

const mib = 1_048_576
const buckets = bucketsOf(env as unknown as Env)
const payloads = r2Payloads(buckets)
const archive = r2Archive(buckets, payloads)
const subject = { pointer: '/who', value: 4711 }

/** A budget that remembers the most that was taken of it. */
class WatchedBudget extends BodyBudget {
  mostBytes = 0

  override take(bytes: number): boolean {
    const isTaken = super.take(bytes)
    this.mostBytes = Math.max(this.mostBytes, this.heldBytes)
    return isTaken
  }
}

/** A mailbox with events of so many bytes each, all about one person. */
async function holding(app: string, sizes: readonly number[]): Promise<void> {
  const { calls } = await heldMailbox(app)
  for (const size of sizes) {
    const body = utf8Bytes(JSON.stringify({ who: '4711', filler: 'x'.repeat(size - 26) }))
    const { body: _, ...event } = incoming(app, { size: body.length })
    const isLarge = body.length > mib
    if (isLarge) await payloads.put(event.id, body)
    await calls.accept(isLarge ? event : { ...event, body }, terms)
  }
}

const portsWith = (bodies: BodyBudget) => recordingPorts({ mailboxes, payloads, archive, bodies }).ports

describe('a purge by subject', () => {
  it('reads bodies within the budget that all requests of the isolate share, and gives it back', async () => {
    const app = 'purge-budget'
    await holding(app, [mib, mib, mib, mib, mib, mib, 3 * mib, 5 * mib, 40])
    const bodies = new WatchedBudget(9 * mib)
    expect(await purge(app, { subject }, portsWith(bodies))).toEqual({ purged: 9, next: null })
    expect(bodies.mostBytes).toBeLessThanOrEqual(9 * mib)
    expect(bodies.heldBytes).toBe(0)
  })

  it('stops where there is no room, and goes on from there', async () => {
    const app = 'purge-no-room'
    await holding(app, [40, 40, 5 * mib, 40])
    const bodies = new BodyBudget(9 * mib)
    bodies.take(3 * mib)
    const { purged, next } = await purge(app, { subject }, portsWith(bodies))
    expect({ purged, isEnd: next === null }).toEqual({ purged: 2, isEnd: false })
    const order = { subject, cursor: next ?? undefined }
    await expect(purge(app, order, portsWith(bodies))).rejects.toThrow(Fault)
    expect(bodies.heldBytes).toBe(3 * mib)
    bodies.give(3 * mib)
    expect(await purge(app, order, portsWith(bodies))).toEqual({ purged: 2, next: null })
  })

  it('refuses at once when the isolate holds too many bodies, and has forgotten nothing', async () => {
    const app = 'purge-full'
    await holding(app, [40])
    const bodies = new BodyBudget(mib)
    await expect(purge(app, { subject }, portsWith(bodies))).rejects.toMatchObject({ code: 'overloaded' })
    expect(await mailboxes.list(app, {}, { limit: 10 })).toHaveLength(1)
    expect(await purge(app, {}, portsWith(bodies)), 'without a subject no body is read').toMatchObject({ purged: 1 })
  })

  it('passes over a large body that is gone: it names nobody', async () => {
    const app = 'purge-bodiless'
    const { calls } = await heldMailbox(app)
    const { body: _, ...event } = incoming(app, { size: 2 * mib })
    await calls.accept(event, terms)
    expect(await purge(app, { subject }, portsWith(new BodyBudget()))).toEqual({ purged: 0, next: null })
  })
})
