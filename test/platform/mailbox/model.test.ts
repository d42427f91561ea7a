import fc from 'fast-check'
import { expect, it, onTestFinished, vi } from 'vitest'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import { heldMailbox, incoming } from '../../support/mailbox.ts'
import { leaseMs, MailboxModel } from '../../support/mailbox-model.ts'
import {
  accepts,
  acceptsAs,
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

type Command = fc.AsyncCommand<MailboxModel, Real>

const source = fc.constantFrom('shop', 'shop', 'paced')
const key = fc.constantFrom(undefined, 'k1', 'k1', 'k2')
const event = fc.record({ source, key, vendorId: fc.nat(11).map(n => `evt_${n}`) })
const which = fc.nat(1000)
const scope = fc.constantFrom(undefined, 'shop', 'paced')

const accept = event.map(wish =>
  command(`accept ${wish.source} ${wish.key} ${wish.vendorId}`, (model, real) => accepts(model, real, [wish])),
)
const burst = fc
  .array(event, { minLength: 2, maxLength: 6 })
  .map(wishes => command(`burst of ${JSON.stringify(wishes)}`, (model, real) => accepts(model, real, wishes)))

const report = fc.tuple(which, fc.constantFrom('ok', ...outcomeNames)).map(([n, name]) =>
  command(
    `report ${n} ${name}`,
    async (model, { mailbox }) => {
      const [attempt] = model.unreported.splice(n % model.unreported.length, 1)
      if (!attempt) return
      await reports(model, mailbox, attempt, name)
    },
    model => model.unreported.length > 0,
  ),
)

const pause = scope.map(at =>
  command(`pause ${at}`, async (model, { mailbox }) => {
    model.paused.add(at ?? '*')
    await mailbox.calls.pause(at)
  }),
)
const resume = scope.map(at =>
  command(`resume ${at}`, async (model, { mailbox }) => {
    if (at === undefined) model.paused.clear()
    else model.paused.delete(at)
    await mailbox.calls.resume(at)
  }),
)

const replayOne = which.map(n =>
  command(
    `replay event ${n}`,
    async (model, { mailbox }) => {
      const chosen = model.events[n % model.events.length]
      if (!chosen) return
      if (chosen.state === 'waiting') model.hastened(chosen)
      else if (chosen.state !== 'delivering') model.released(chosen)
      await mailbox.calls.replay(chosen.id)
    },
    model => model.events.length > 0,
  ),
)

const replayAll = fc.integer({ min: 1, max: 3 }).map(perSecond =>
  command(
    `replay all, ${perSecond} a second`,
    async (model, { app, mailbox }) => {
      const id = mintEventId(homeMailbox(app), new Date())
      const { matched } = await mailbox.calls.startReplay(id, { filter: {}, perSecond, skipSuperseded: false })
      expect(matched).toBe(model.events.length - model.open().length)
      model.replay = { id, perSecond, last: model.events.length, released: new Set(), tickMs: model.nowMs }
    },
    model => model.replay === undefined,
  ),
)
const cancel = fc.constant(
  command(
    'cancel the replay',
    async (model, { mailbox }) => {
      expect(await mailbox.calls.cancelReplay(model.replay?.id ?? '')).toMatchObject({ state: 'cancelled' })
      model.replay = undefined
    },
    model => model.replay !== undefined,
  ),
)

const crash = fc.constant(command('crash', (_, real) => crashed(real)))
const crashOnAccept = event.map(wish =>
  command(`crash while it accepts ${wish.source} ${wish.key} ${wish.vendorId}`, async (model, real) => {
    const given = incoming(real.app, { source: wish.source, ...claimsOf(wish) })
    const { batches, calls } = real.mailbox
    const lost = calls.accept(given, termsFor(wish.source)).catch(() => undefined)
    await crashed(real)
    await lost
    if (await real.mailbox.calls.show(given.id)) real.mailbox.batches.push(...batches)
    await acceptsAs(model, real, wish, given)
  }),
)

const wait = fc.constantFrom(0, 1, 999, 5_000, leaseMs, 600_000, 21_600_000).map(ms =>
  command(`${ms} ms pass`, async (model, real) => {
    moveTo(model, model.nowMs + ms)
    for (
      let alarm = await real.mailbox.alarm();
      alarm !== null && alarm <= model.nowMs;
      alarm = await real.mailbox.alarm()
    )
      await wakes(model, real)
  }),
)
const clockGoesBack = fc
  .constantFrom(1, 5_000, 60_000)
  .map(ms => command(`the clock goes back ${ms} ms`, async model => moveTo(model, model.nowMs - ms)))
const wakeEarly = fc.constant(command('the alarm goes off early', wakes))

it('keeps its promises in any order of what may happen to it', { timeout: 60_000 }, async () => {
  onTestFinished(() => void vi.useRealTimers())
  const startMs = Date.now() + 30 * 86_400_000
  const untilMs = performance.now() + 5_500
  let run = 0
  const often = [accept, accept, report, report, report, wait]
  const all = [
    ...often,
    burst,
    pause,
    resume,
    replayOne,
    replayAll,
    cancel,
    crash,
    crashOnAccept,
    clockGoesBack,
    wakeEarly,
  ]
  await fc.assert(
    fc.asyncProperty(fc.commands(all, { maxCommands: 60, size: 'max' }), async commands => {
      // fast-check's own limit would let a run go on after the test, and move the clock of the tests after it
      if (performance.now() > untilMs) return
      vi.setSystemTime(startMs)
      const app = `model-${++run}`
      const model = new MailboxModel(startMs)
      const real: Real = { app, mailbox: await heldMailbox(app) }
      await fc.asyncModelRun(() => ({ model, real }), commands)
      await comesToRest(model, real)
    }),
    { numRuns: 40 },
  )
})

function command(
  name: string,
  act: (model: MailboxModel, real: Real) => Promise<void>,
  check: (model: MailboxModel) => boolean = () => true,
): Command {
  return {
    check,
    async run(model, real) {
      await act(model, real)
      await compare(model, real)
    },
    toString: () => name,
  }
}
