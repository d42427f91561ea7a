import { describe, expect, it } from 'vitest'
import type { Acceptance } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { keep } from '#core/delivery/keep.ts'
import { shareOf } from '#core/delivery/shard.ts'
import { spills } from '#routes/spills.ts'
import { eventIn, gatedApp } from '../../support/gated-app.ts'
import { type GatedMailboxes, gatedMailboxes } from '../../support/gated-mailboxes.ts'
import { incoming, terms } from '../../support/mailbox.ts'

const most = 4
const shardsOf = (kept: readonly Acceptance[]) => new Set(kept.map(({ eventId }) => mailboxOf(eventId)?.shard))
const many = <Kept>(one: (n: number) => Promise<Kept>) => Promise.all(Array.from({ length: 8 }, (_, n) => one(n)))

interface Facts {
  readonly vendorId?: string
  readonly signedDigest?: string
  readonly orderKey?: string
}

/** Keeps an event of an app as a door does that knows of so many shards; their number is news unless said otherwise. */
function kept(
  app: string,
  { ports }: GatedMailboxes,
  shards: number,
  { orderKey, ...claims }: Facts,
  isSettling = true,
) {
  const { id: _, body = new Uint8Array(), ...facts } = incoming(app, { claims, ...(orderKey && { orderKey }) })
  const spread = { region: 'any', app, shards, isSettling }
  return keep({ ...facts, body }, spread, shard => ({ ...shareOf(terms, shard, shards), shards }), ports)
}

async function fromBucket({ messages, ports }: GatedMailboxes): Promise<void> {
  await spills({ messages: messages.splice(0).map(body => ({ body, ack: () => {}, retry: () => {} })) }, ports)
}

/** Who takes events when the mailbox of shard 0 is away, and how they are made to hand them over. */
const holders = [
  { holder: 'sibling', isSiblingAway: false, handOver: (gate: GatedMailboxes) => gate.wakeSibling(0) },
  { holder: 'bucket', isSiblingAway: true, handOver: fromBucket },
]

describe.each(holders)('when shards grow while the $holder holds events for a mailbox', row => {
  const { holder, isSiblingAway, handOver } = row

  async function withOneAway(app: string, act: (gate: GatedMailboxes) => Promise<readonly Acceptance[]>) {
    await gatedApp(app)
    const gate = await gatedMailboxes(app, most)
    gate.reach.set(0, 'away')
    if (isSiblingAway) gate.siblingsAway.add(0)
    const before = await act(gate)
    gate.reach.clear()
    gate.siblingsAway.clear()
    return { gate, before }
  }

  it('an order key stays in that mailbox, behind them, and moves once they have ended', async () => {
    const app = `held-order-${holder}`
    const { gate, before } = await withOneAway(app, gate => many(n => kept(app, gate, 1, { orderKey: `k${n}` })))
    const during = await many(n => kept(app, gate, most, { orderKey: `k${n}` }))
    expect(shardsOf(during)).toEqual(new Set([0]))
    await handOver(gate)
    for (const { eventId } of [...before, ...during]) await eventIn('delivered', eventId)
    expect(shardsOf(await many(n => kept(app, gate, most, { orderKey: `k${n}` }))).size).toBeGreaterThan(1)
  })

  it.each(['vendorId', 'signedDigest'])('what comes again stays one event by its %s', async claim => {
    const app = `held-dedupe-${holder}-${claim.toLowerCase()}`
    const { gate, before } = await withOneAway(app, gate => many(n => kept(app, gate, 1, { [claim]: `${claim}-${n}` })))
    const again = await many(n => kept(app, gate, most, { [claim]: `${claim}-${n}` }))
    expect(again.filter(({ kind }) => kind === 'duplicate').length).toBeGreaterThan(0)
    await handOver(gate)
    await expectEachOnce(app, gate, [...before, ...again])
  })
})

it('a vendor id that nobody signed keeps to its event while that lies in the bucket, whatever bytes come under it', async () => {
  const app = 'held-claim'
  await gatedApp(app)
  const gate = await gatedMailboxes(app, most)
  const every = Array.from({ length: most }, (_, shard) => shard)
  for (const shard of every) gate.reach.set(shard, 'away')
  for (const shard of every) gate.siblingsAway.add(shard)
  const before = await many(n => kept(app, gate, most, { vendorId: `id-${n}`, signedDigest: `one-${n}` }, false))
  expect(gate.messages).toHaveLength(8)
  gate.reach.clear()
  gate.siblingsAway.clear()
  const again = await many(n => kept(app, gate, most, { vendorId: `id-${n}`, signedDigest: `two-${n}` }, false))
  await fromBucket(gate)
  await expectEachOnce(app, gate, [...before, ...again])
})

/** Eight events, whichever of two ids a vendor was told of each. */
async function expectEachOnce(app: string, { mailboxes }: GatedMailboxes, told: readonly Acceptance[]): Promise<void> {
  const ids = (await mailboxes.list(app, {}, { limit: 100 })).map(({ id }) => id)
  expect(ids).toHaveLength(8)
  const meant = await Promise.all(told.map(async ({ eventId }) => (await mailboxes.show(eventId))?.id))
  expect(meant.slice(0, 8)).toEqual(meant.slice(8))
  expect(new Set(meant)).toEqual(new Set(ids))
}
