import { runInDurableObject } from 'cloudflare:test'
import fc from 'fast-check'
import { expect, it, onTestFinished, vi } from 'vitest'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { keep } from '#core/delivery/keep.ts'
import { spills } from '#routes/spills.ts'
import { type GatedMailboxes, gatedMailboxes } from '../../support/gated-mailboxes.ts'
import { heldMailbox, incoming } from '../../support/mailbox.ts'
import { dedupeMs, leaseMs, MailboxModel } from '../../support/mailbox-model.ts'
import {
  claimsOf,
  comesToRest,
  compare,
  crashed,
  moveTo,
  outcomeNames,
  type Real,
  reports,
  termsFor,
  wakes,
} from '../../support/modelled-mailbox.ts'

const most = 2

/** One model for each mailbox, and what vendors were told. */
class Model {
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

interface System {
  readonly app: string
  readonly gate: GatedMailboxes
  readonly mailboxes: readonly Real[]
  /** Mailboxes that a command may have changed. */
  readonly touched: Set<number>
}

type Command = fc.AsyncCommand<Model, System>

const shard = fc.nat(most - 1)
/** The same event always has the same key; a third have none. */
const vendorNumber = fc.nat(15)
const wishOf = (n: number) => ({ source: 'shop', key: n % 3 < 2 ? `k${n % 3}` : undefined, vendorId: `evt_${n}` })

const accept = vendorNumber.map(n =>
  command(`accept evt_${n}`, async (model, system) => {
    for (const one of model.mailboxes) moveTo(one, one.nowMs + 1)
    await accepts(model, system, n)
  }),
)
const burst = fc.array(vendorNumber, { minLength: 2, maxLength: 5 }).map(all =>
  command(`burst of ${all}`, async (model, system) => {
    await Promise.all(all.map(n => accepts(model, system, n)))
  }),
)

const missed = fc.tuple(vendorNumber, vendorNumber).map(([early, late]) =>
  command(`evt_${early} comes while every mailbox is away, evt_${late} when they are back`, async (model, system) => {
    const { reach } = system.gate
    for (const [n, how] of [
      [early, 'away'],
      [late, 'there'],
    ] as const) {
      for (const one of model.mailboxes) moveTo(one, one.nowMs + 1)
      for (let at = 0; at < most; at++) reach.set(at, how)
      await accepts(model, system, n)
      if (how === 'away') for (let at = 0; at < most; at++) await system.gate.wakeSibling(at)
    }
  }),
)
const reach = fc
  .tuple(shard, fc.constantFrom('there', 'there', 'away', 'silent'))
  .map(([at, how]) => command(`mailbox ${at} is ${how}`, async (_, { gate }) => void gate.reach.set(at, how)))
const siblingReach = fc.tuple(shard, fc.boolean()).map(([at, isAway]) =>
  command(`sibling ${at} is ${isAway ? 'away' : 'there'}`, async (_, { gate }) => {
    if (isAway) gate.siblingsAway.add(at)
    else gate.siblingsAway.delete(at)
  }),
)
const siblingWakes = shard.map(at =>
  command(`sibling ${at} wakes`, (_, { gate }) => gate.wakeSibling(at).then(() => {})),
)
const queueDelivers = fc
  .tuple(fc.nat(20), fc.boolean())
  .map(([n, isTwice]) =>
    command(`the queue delivers ${n}${isTwice ? ' twice' : ''}`, (_, { gate }) => delivered(gate, n, isTwice)),
  )

const report = fc.tuple(shard, fc.nat(1000), fc.constantFrom('ok', 'ok', ...outcomeNames)).map(([at, n, name]) =>
  command(`report ${n} of mailbox ${at}: ${name}`, async ({ mailboxes }, system) => {
    const model = mailboxes[at]
    const real = system.mailboxes[at]
    system.touched.add(at)
    const [attempt] = model?.unreported.splice(n % model.unreported.length, 1) ?? []
    if (model && real && attempt) await reports(model, real.mailbox, attempt, name)
  }),
)

const crash = shard.map(at =>
  command(`mailbox ${at} crashes`, async (_, { mailboxes, touched }) => {
    touched.add(at)
    if (mailboxes[at]) await crashed(mailboxes[at])
  }),
)
const crashSibling = shard.map(at => command(`sibling ${at} crashes`, (_, { gate }) => gate.crashSibling(at)))

const wait = fc.constantFrom(1, 999, 5_000, leaseMs, 2 * dedupeMs).map(ms =>
  command(`${ms} ms pass`, async (model, { mailboxes, touched }) => {
    for (let at = 0; at < most; at++) touched.add(at)
    for (const one of model.mailboxes) moveTo(one, one.nowMs + ms)
    for (const [at, one] of model.mailboxes.entries()) {
      const real = mailboxes[at]
      while (real && ((await real.mailbox.alarm()) ?? Number.POSITIVE_INFINITY) <= one.nowMs) await wakes(one, real)
    }
  }),
)

/** A key moves only when nothing of it is on its way: neither in its earlier home, nor with those who hold events for that. */
const grow = fc.constant(
  command('one more shard', async model => {
    model.shards = most
  }),
)

it('keeps its promises over several shards, with mailboxes, siblings and answers that go missing', {
  timeout: 60_000,
}, async () => {
  onTestFinished(() => void vi.useRealTimers())
  const startMs = Date.now() + 30 * 86_400_000
  const untilMs = performance.now() + 4_000
  let run = 0
  const all = [
    ...[accept, accept, accept, accept, burst, missed, report, report, report, wait],
    ...[reach, reach, siblingReach, siblingWakes, siblingWakes, queueDelivers, crash, crashSibling, grow],
  ]
  await fc.assert(
    fc.asyncProperty(fc.commands(all, { maxCommands: 50, size: 'max' }), async commands => {
      if (performance.now() > untilMs) return
      vi.setSystemTime(startMs)
      const app = `model-shards-${++run}`
      const model = new Model(startMs)
      const mailboxes: Real[] = []
      for (let at = 0; at < most; at++) mailboxes.push({ app, shard: at, mailbox: await heldMailbox(app, at) })
      const system: System = { app, mailboxes, gate: await gatedMailboxes(app, most), touched: new Set() }
      await fc.asyncModelRun(() => ({ model, real: system }), commands)
      await everythingComesBack(model, system)
    }),
    { numRuns: 40 },
  )
})

/** A vendor sends an event, and is told something or asked to come again. */
async function accepts(model: Model, { app, gate }: System, n: number): Promise<void> {
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

async function delivered(gate: GatedMailboxes, n: number, isTwice: boolean): Promise<void> {
  const [body] = gate.messages.splice(n % Math.max(1, gate.messages.length), 1)
  if (body === undefined) return
  const again: unknown[] = []
  const message = { body, ack: () => {}, retry: () => void again.push(body) }
  await spills({ messages: isTwice ? [message, message] : [message] }, gate.ports)
  gate.messages.push(...again.slice(0, 1))
}

/** What came to the mailboxes goes to their models; then each is as its model says, and nothing that a vendor was told is gone. */
async function compareTouched(model: Model, { gate, mailboxes, touched }: System): Promise<void> {
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
async function everythingComesBack(model: Model, system: System): Promise<void> {
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

function command(name: string, act: (model: Model, system: System) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, system) {
      await act(model, system)
      await compareTouched(model, system)
    },
    toString: () => name,
  }
}
