import { expect } from 'vitest'
import type { EventView } from '#core/delivery/event.ts'
import type { MailboxModel } from './mailbox-model.ts'

const retentionMs = 90 * 86_400_000
/** A token of a rate, or of the retry budget, takes a second at most here. */
const tokenMs = 1_000

/** The mailbox holds exactly what was accepted, each as the model has it. */
export function expectSame({ events }: MailboxModel, views: readonly EventView[]): void {
  const seen = new Map(views.map(view => [view.id, view]))
  const shown = events.map(({ id }) => {
    const view = seen.get(id)
    const due = view?.nextAttemptAt
    return { id, state: view?.state, attempts: view?.attempts.length, due: due && Date.parse(due) }
  })
  const expected = events.map(({ id, state, noted, dueMs }) => ({
    id,
    state,
    attempts: noted.size + (state === 'delivering' ? 1 : 0),
    due: state === 'waiting' ? dueMs : undefined,
  }))
  expect(shown).toEqual(expected)
  expect(views).toHaveLength(events.length)
}

/** The alarm comes in time for everything; and after an alarm, or at rest, for something. */
export function expectAlarm(model: MailboxModel, alarm: number | null, isFresh: boolean): void {
  const { nowMs, latestMs } = model
  const works = nextWorks(model)
  const earliest = Math.min(...works.map(({ atMs }) => atMs))
  for (const { atMs, slackMs } of works) {
    const latest = slackMs > 0 ? Math.max(atMs, latestMs + slackMs) : Math.max(atMs, nowMs)
    expect(alarm ?? Number.POSITIVE_INFINITY, 'the alarm comes too late').toBeLessThanOrEqual(latest)
  }
  if (isFresh || (model.open().length === 0 && !model.replay)) {
    expect(alarm ?? Number.POSITIVE_INFINITY, 'a wake-up without work').toBeGreaterThanOrEqual(earliest)
  }
  if (isFresh && alarm !== null) expect(alarm, 'an alarm that follows itself').toBeGreaterThan(nowMs)
}

function nextWorks(model: MailboxModel): { atMs: number; slackMs: number }[] {
  const works: { atMs: number; slackMs: number }[] = []
  for (const { state, source, dueMs, leaseEndMs, receivedAtMs, tries } of model.events) {
    const slackMs = source === 'paced' || tries > 0 ? tokenMs : 0
    if (state === 'delivering') works.push({ atMs: leaseEndMs, slackMs: 0 })
    else if (state !== 'waiting') works.push({ atMs: receivedAtMs + retentionMs, slackMs: 0 })
    else if (dueMs !== undefined && !model.isPaused(source) && model.free(source) > 0)
      works.push({ atMs: dueMs, slackMs })
  }
  return model.replay ? [...works, { atMs: model.replay.tickMs, slackMs: 0 }] : works
}
