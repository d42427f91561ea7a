import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { expect, vi } from 'vitest'
import type { Outcome } from '#core/delivery/event.ts'
import { answered, type HeldMailbox, heldMailbox, incoming } from './mailbox.ts'
import { dedupeMs, type MailboxModel, sourceTerms } from './mailbox-model.ts'
import { expectAlarm, expectSame } from './model-expectations.ts'

/** The mailbox under test. What it hands over is given to the model after each command. */
export interface Real {
  readonly app: string
  /** 0 unless said otherwise. */
  readonly shard?: number
  mailbox: HeldMailbox
}

/** An event to be accepted. */
export interface Wish {
  readonly source: string
  readonly key: string | undefined
  readonly vendorId: string
}

export async function accepts(model: MailboxModel, real: Real, wishes: readonly Wish[]): Promise<void> {
  await Promise.all(
    wishes.map(wish => acceptsAs(model, real, wish, incoming(real.app, { source: wish.source, ...claimsOf(wish) }))),
  )
}

export async function acceptsAs(
  model: MailboxModel,
  { mailbox }: Real,
  wish: Wish,
  given: ReturnType<typeof incoming>,
) {
  const expected = model.accepted(given.id, wish.source, wish.key, wish.vendorId)
  const acceptance = await mailbox.calls.accept(given, termsFor(wish.source))
  expect(acceptance).toMatchObject({ kind: expected === given.id ? 'accepted' : 'duplicate', eventId: expected })
}

export function claimsOf({ key, vendorId }: Wish) {
  return { claims: { vendorId }, dedupeMs, ...(key !== undefined && { orderKey: key }) }
}

export function termsFor(name: string) {
  const found = sourceTerms[name]
  if (!found) throw new Error(`no terms for ${name}`)
  return found
}

export async function crashed(real: Real): Promise<void> {
  await runInDurableObject(real.mailbox.stub, (_, state) => state.abort('crash')).catch(() => undefined)
  real.mailbox = await heldMailbox(real.app, real.shard)
}

/** The alarm goes off: leases end, the replay goes on, what is due starts. */
export async function wakes(model: MailboxModel, real: Real): Promise<void> {
  if (!(await runDurableObjectAlarm(real.mailbox.stub))) return
  model.reaped()
  await replayWentOn(model, real)
  await compare(model, real, true)
}

/** Which events the replay chose is the mailbox's affair, but each ended, once, in order and not too many. */
async function replayWentOn(model: MailboxModel, { mailbox }: Real): Promise<void> {
  if (!model.replay || model.replay.tickMs > model.nowMs) return
  const { replay } = model
  replay.tickMs = model.nowMs + 1_000
  const views = new Map((await mailbox.calls.list({}, { limit: 500 })).map(view => [view.id, view.state]))
  const isOpen = (id: string) => ['waiting', 'delivering'].includes(views.get(id) ?? '')
  const released = model.events.filter(({ id, state }) => (state === 'delivered' || state === 'dead') && isOpen(id))
  expect(released.length).toBeLessThanOrEqual(replay.perSecond)
  for (const one of released) {
    expect(model.events.indexOf(one), 'accepted after the replay began').toBeLessThan(replay.last)
    expect(replay.released.has(one.id), 'released twice').toBe(false)
    replay.released.add(one.id)
    model.released(one)
  }
  const progress = await mailbox.calls.showReplay(replay.id)
  expect(progress?.sent).toBe(replay.released.size)
  if (progress?.state === 'done') model.replay = undefined
}

/** What left the mailbox, what it shows, and when it wakes next. */
export async function compare(model: MailboxModel, { mailbox }: Real, isFresh = false): Promise<void> {
  for (const consignment of mailbox.batches.splice(0).flat()) model.handedOver(consignment)
  for (const { eventId } of mailbox.letters.splice(0)) {
    expect(model.event(eventId).state).toBe('dead')
    await mailbox.calls.buried(eventId)
  }
  const { alarm, views } = await runInDurableObject(mailbox.stub, async (instance, { storage }) => ({
    alarm: await storage.getAlarm(),
    views: instance.list({}, { limit: 500 }),
  }))
  expectSame(model, views)
  expectAlarm(model, alarm, isFresh)
}

export function moveTo(model: MailboxModel, ms: number): void {
  model.moveTo(ms)
  vi.setSystemTime(ms)
}

/** What may become of an attempt, at a moment. */
const outcomes: Readonly<Record<string, (nowMs: number) => Outcome>> = {
  ok: () => answered(200),
  error: () => answered(500),
  refused: () => answered(404),
  gone: () => answered(410),
  busy: nowMs => answered(429, nowMs + 90_000),
  timeout: () => ({ kind: 'failed', fault: 'upstream-timeout', ms: 15_000 }),
  held: () => ({ kind: 'held', fault: 'app-expired' }),
}

export const outcomeNames: readonly string[] = Object.keys(outcomes)

/** The courier reports what became of an attempt. */
export async function reports(
  model: MailboxModel,
  mailbox: HeldMailbox,
  { eventId, attempt }: { readonly eventId: string; readonly attempt: number },
  name: string,
): Promise<void> {
  const outcome = outcomes[name]?.(model.nowMs) ?? answered(200)
  await mailbox.settle(eventId, attempt, outcome)
  model.reported(eventId, attempt, outcome, await mailbox.calls.show(eventId))
}

/** Everything goes well from now on: then every event ends, and only the alarm is needed for it. */
export async function comesToRest(model: MailboxModel, real: Real): Promise<void> {
  model.paused.clear()
  await real.mailbox.calls.resume(undefined)
  await compare(model, real)
  for (let round = 0; model.open().length > 0 || model.replay; round++) {
    expect(round, 'an event that never ends').toBeLessThan(300)
    for (const { eventId, attempt } of model.unreported.splice(0)) {
      await real.mailbox.settle(eventId, attempt, answered(200))
      model.reported(eventId, attempt, answered(200), undefined)
      await compare(model, real)
    }
    const alarm = await real.mailbox.alarm()
    if (model.open().length === 0 && !model.replay) break
    moveTo(model, Math.max(model.nowMs, alarm ?? Number.NaN))
    await wakes(model, real)
  }
}
