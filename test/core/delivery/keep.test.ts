import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Acceptance } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { keep } from '#core/delivery/keep.ts'
import { shareOf } from '#core/delivery/shard.ts'
import type { Env } from '#platform/env.ts'
import { r2Payloads } from '#platform/payloads-r2.ts'
import { bucketsOf } from '#platform/places.ts'
import { r2Spills } from '#platform/spills-r2.ts'
import { eventIn, gatedApp, mailboxes } from '../../support/gated-app.ts'
import { incoming, terms } from '../../support/mailbox.ts'
import { recordingPorts } from '../../support/ports.ts'

const bindings = env as unknown as Env
const payloads = r2Payloads(bucketsOf(bindings))
const { ports } = recordingPorts({ mailboxes, payloads, spills: r2Spills(bindings, false) })
const shardsOf = (kept: readonly Acceptance[]) => new Set(kept.map(({ eventId }) => mailboxOf(eventId)?.shard))

/** Keeps an event of an app as a door does that knows of so many shards, their number being news. */
function kept(app: string, shards: number, { vendorId, orderKey }: { vendorId?: string; orderKey?: string } = {}) {
  const { id: _, body = new Uint8Array(), ...facts } = incoming(app)
  const draft = { ...facts, body, claims: { ...(vendorId && { vendorId }) }, ...(orderKey && { orderKey }) }
  const spread = { region: 'any', app, shards, isSettling: true }
  return keep(draft, spread, shard => ({ ...shareOf(terms, shard, shards), shards }), ports)
}

const many = <Kept>(one: (n: number) => Promise<Kept>) => Promise.all(Array.from({ length: 8 }, (_, n) => one(n)))

describe('when shards grow', () => {
  it('what was accepted before is still known as a duplicate', async () => {
    const app = 'grow-dedupe'
    await gatedApp(app)
    const first = await many(n => kept(app, 1, { vendorId: `evt_${n}` }))
    const again = await many(n => kept(app, 4, { vendorId: `evt_${n}` }))
    expect(again).toEqual(first.map(({ eventId }) => ({ kind: 'duplicate', by: 'id', eventId })))
    expect(shardsOf(await many(() => kept(app, 4))).size).toBeGreaterThan(1)
  })

  it('a key with events on their way stays where they are, and moves once they have ended', async () => {
    const app = 'grow-order'
    await gatedApp(app)
    await mailboxes.pause(app, undefined)
    const before = await many(n => kept(app, 1, { orderKey: `k${n}` }))
    const during = await many(n => kept(app, 4, { orderKey: `k${n}` }))
    expect(shardsOf([...before, ...during])).toEqual(new Set([0]))
    await mailboxes.resume(app, undefined)
    for (const { eventId } of during) await eventIn('delivered', eventId)
    expect(shardsOf(await many(n => kept(app, 4, { orderKey: `k${n}` }))).size).toBeGreaterThan(1)
  })

  it('a pause holds for the new ones', async () => {
    const app = 'grow-paused'
    const seen = await gatedApp(app)
    await mailboxes.pause(app, 'shop')
    const all = await many(() => kept(app, 4))
    expect(shardsOf(all).size).toBeGreaterThan(1)
    expect((await mailboxes.list(app, { state: 'waiting' }, { limit: 100 })).length).toBe(8)
    expect(seen).toEqual([])
    await mailboxes.resume(app, 'shop')
    for (const { eventId } of all) await eventIn('delivered', eventId)
  })
})
