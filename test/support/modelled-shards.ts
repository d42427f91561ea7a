import { runInDurableObject } from 'cloudflare:test'
import { expect } from 'vitest'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { keep } from '#core/delivery/keep.ts'
import { spills } from '#routes/spills.ts'
import type { GatedMailboxes } from './gated-mailboxes.ts'
import { incoming } from './mailbox.ts'
import { dedupeMs, MailboxModel } from './mailbox-model.ts'
import { claimsOf, comesToRest, compare, moveTo, type Real, termsFor } from './modelled-mailbox.ts'

export const most = 2

/** One model for each mailbox, and what vendors were told. */
export class Model {
  readonly mailboxes: readonly MailboxModel[]
  /** Shards in force; they only grow. */
  shards = 1
  /** By the id that a vendor was told: its own id for the event. */
  readonly told = new Map<string, string>()

  constructor(nowMs: number) {
    this.mailboxes = Array.from({ length: most }, () => new MailboxModel(nowMs))
  }

  get nowMs(): number {
    return this.mailboxes[0]?.nowMs ?? 0
  }
}

export interface System {
  readonly app: string
  readonly gate: GatedMailboxes
  readonly mailboxes: readonly Real[]
  /** Mailboxes that a command may have changed. */
  readonly touched: Set<number>
}

/** The same event always has the same key; a third have none. */
const wishOf = (n: number) => ({ source: 'shop', key: n % 3 < 2 ? `k${n % 3}` : undefined, vendorId: `evt_${n}` })

/** A vendor sends an event, and is told something or asked to come again. */
export async function accepts(model: Model, { app, gate }: System, n: number): Promise<void> {
  const wish = wishOf(n)
  const { id: _, body, ...facts } = incoming(app, { source: wish.source, ...claimsOf(wish) })
  const draft = { ...facts, body: body ?? new Uint8Array(), receivedAtMs: model.nowMs }
  const spread = { region: 'any', app, shards: model.shards, isSettling: true }
  const terms = { ...termsFor(wish.source), shards: model.shards }
  const acceptance = await keep(draft, spread, () => terms, gate.ports).catch(() => undefined)
  const isAllThere = [...gate.reach.values()].every(how => how === 'there') && gate.siblingsAway.size === 0
  if (!acceptance) expect(isAllThere, 'refused though every mailbox answers').toBe(false)
  if (!acceptance) return
  const { eventId, kind } = acceptance
  if (kind === 'duplicate') expect(await known(gate, eventId), 'a duplicate of nothing').toBe(true)
  expect(model.told.get(eventId) ?? wish.vendorId, 'told another event').toBe(wish.vendorId)
  model.told.set(eventId, wish.vendorId)
}

export async function delivered(gate: GatedMailboxes, n: number, isTwice: boolean): Promise<void> {
  const [body] = gate.messages.splice(n % Math.max(1, gate.messages.length), 1)
  if (body === undefined) return
  const again: unknown[] = []
  const message = { body, ack: () => {}, retry: () => void again.push(body) }
  await spills({ messages: isTwice ? [message, message] : [message] }, gate.ports)
  gate.messages.push(...again.slice(0, 1))
}

/** What came to the mailboxes goes to their models; then each is as its model says, and nothing that a vendor was told is gone. */
export async function compareTouched(model: Model, { gate, mailboxes, touched }: System): Promise<void> {
  for (const { shard, event, acceptance } of gate.taken.splice(0)) {
    const { id, source, orderKey, claims, receivedAtMs, isHandedOver } = event
    touched.add(shard)
    const mailbox = model.mailboxes[shard]
    const meant = mailbox?.accepted(id, source, orderKey, claims.vendorId ?? '', isHandedOver && receivedAtMs)
    expect(acceptance.eventId, 'taken as another event').toBe(meant)
  }
  for (const at of touched) {
    const [one, real] = [model.mailboxes[at], mailboxes[at]]
    if (one && real) await compare(one, real)
  }
  touched.clear()
  const open = eventsIn(model).filter(({ state }) => state === 'waiting' || state === 'delivering')
  for (const [key, all] of Map.groupBy(open, event => event.key)) {
    if (key !== undefined) expect(new Set(all.map(({ shard }) => shard)).size, `${key} lies in two mailboxes`).toBe(1)
  }
  const there = new Set(eventsIn(model).map(({ id }) => id))
  for (const id of model.told.keys()) if (!there.has(id)) expect(await known(gate, id), `${id} is lost`).toBe(true)
}

/** A sibling's alarm is set if and only if it holds something. */
async function compareSiblings({ gate }: System): Promise<void> {
  for (let at = 0; at < most; at++) {
    const { holds, alarm } = await runInDurableObject(gate.siblingOf(at), async (instance, { storage }) => ({
      holds: (instance as unknown as { list(...all: unknown[]): unknown[] }).list({}, { limit: 1 }).length,
      alarm: await storage.getAlarm(),
    }))
    expect(alarm !== null, 'a sibling wakes for nothing, or never').toBe(holds > 0)
  }
}

/** Everybody answers, and every alarm goes off: then every event that a vendor was told of ends, once. */
export async function everythingComesBack(model: Model, system: System): Promise<void> {
  const { gate } = system
  await compareSiblings(system)
  gate.reach.clear()
  gate.siblingsAway.clear()
  for (let at = 0; at < most; at++) while (await gate.wakeSibling(at)) await compareTouched(model, system)
  await compareSiblings(system)
  while (gate.messages.length > 0) await delivered(gate, 0, false)
  await compareTouched(model, system)
  for (const [at, one] of model.mailboxes.entries()) {
    for (const other of model.mailboxes) moveTo(other, Math.max(...model.mailboxes.map(({ nowMs }) => nowMs)))
    if (system.mailboxes[at]) await comesToRest(one, system.mailboxes[at])
  }
  const events = eventsIn(model)
  for (const [id, vendorId] of model.told) {
    const shown = await gate.mailboxes.show(id)
    expect(shown?.state, `${id} has not ended`).toMatch(/^(delivered|dead)$/)
    expect(events.find(event => event.id === shown?.id)?.vendorId, `${id} means another event`).toBe(vendorId)
  }
  for (const one of events)
    for (const other of events)
      if (one !== other && one.vendorId === other.vendorId)
        expect(Math.abs(one.receivedAtMs - other.receivedAtMs), 'one event became two').toBeGreaterThanOrEqual(dedupeMs)
}

function eventsIn({ mailboxes }: Model) {
  return mailboxes.flatMap(({ events }, shard) => events.map(event => Object.assign(event, { shard })))
}

async function known({ mailboxes }: GatedMailboxes, id: string): Promise<boolean> {
  expect(mailboxOf(id)).toBeDefined()
  return (await mailboxes.show(id)) !== undefined
}
