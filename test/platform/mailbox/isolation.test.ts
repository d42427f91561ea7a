import { runDurableObjectAlarm } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { accepted, eventIn, gatedApp, mailboxes, mailboxStub } from '../../support/gated-app.ts'
import { incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

const backlog = 1_000
const minutes = 10
const each = 5

it('1,000 events to one app that hangs for ten minutes delay no event of another app, not even until an attempt gives up', async () => {
  const down = await gatedApp('isolated-down', { answer: () => new Promise(() => {}) })
  await gatedApp('isolated-up')
  moveTimeBy(3_600_000)
  for (let n = 0; n < backlog; n += 100)
    await Promise.all(Array.from({ length: 100 }, () => mailboxes.accept(incoming('isolated-down'), terms)))

  const delaysMs: number[] = []
  let before = -1
  for (let minute = 0; minute < minutes; minute++) {
    moveTimeBy(60_000)
    await runDurableObjectAlarm(mailboxStub('isolated-down'))
    const { length: hanging } = down
    for (let n = 0; n < each; n++) {
      const { receivedAt, attempts } = await eventIn('delivered', await accepted('isolated-up'))
      delaysMs.push(Date.parse(attempts[0]?.at ?? '') - Date.parse(receivedAt))
      expect(attempts).toHaveLength(1)
    }
    expect(down.length, 'attempts hang in every minute').toBeGreaterThan(before)
    before = hanging
  }
  expect(Math.max(...delaysMs)).toBe(0)
  expect(delaysMs).toHaveLength(minutes * each)
  expect(down.length).toBeGreaterThan(terms.concurrency)
  const waiting = await mailboxes.list('isolated-down', {}, { limit: 2_000 })
  expect(waiting).toHaveLength(backlog)
  expect(waiting.every(({ state }) => state === 'waiting' || state === 'delivering')).toBe(true)
}, 30_000)
