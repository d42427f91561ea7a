import fc from 'fast-check'
import { it, onTestFinished, vi } from 'vitest'
import { gatedMailboxes } from '../../support/gated-mailboxes.ts'
import { heldMailbox } from '../../support/mailbox.ts'
import { dedupeMs, leaseMs } from '../../support/mailbox-model.ts'
import { crashed, moveTo, outcomeNames, type Real, reports, wakes } from '../../support/modelled-mailbox.ts'
import {
  accepts,
  compareTouched,
  delivered,
  everythingComesBack,
  Model,
  most,
  type System,
} from '../../support/modelled-shards.ts'

type Command = fc.AsyncCommand<Model, System>

const shard = fc.nat(most - 1)
const vendorNumber = fc.nat(15)

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
