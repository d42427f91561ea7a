import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it, vi } from 'vitest'
import type { DeadLetter } from '#core/delivery/event.ts'
import type { Ports } from '#core/ports.ts'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { burials } from '#routes/burials.ts'
import { answered, heldMailbox, incoming, terms } from '../support/mailbox.ts'

const ports = portsFrom(env as unknown as Env & Record<string, unknown>)

/** An event that died, and the letter its mailbox sent. */
async function dead(app: string) {
  const mailbox = await heldMailbox(app)
  const event = incoming(app)
  await mailbox.calls.accept(event, terms)
  await mailbox.settle(event.id, 1, answered(410))
  const letter = mailbox.letters[0]
  if (!letter) throw new Error('no letter was sent')
  return {
    mailbox,
    event,
    letter,
    isConfirmed: async () => (await mailbox.alarm()) === event.receivedAtMs + 1_209_600_000,
  }
}

async function delivered(bodies: readonly unknown[], over: Partial<Ports> = {}) {
  const messages = bodies.map((body, n) => ({ id: `m${n}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch('dead-letters', messages)
  const context = createExecutionContext()
  await burials(batch, { ...ports, ...over })
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context)
  return { acked: explicitAcks, retried: retryMessages.map(({ msgId }) => msgId) }
}

const archived = (eventId: string) => env.PAYLOADS.get(`dead-letters/${eventId}/letter.json`)

it('archives a letter, confirms it to the mailbox, and takes it from the queue', async () => {
  const { event, letter, isConfirmed } = await dead('bury-one')
  expect(await isConfirmed()).toBe(false)
  expect(await delivered([letter])).toEqual({ acked: ['m0'], retried: [] })
  expect(await (await archived(event.id))?.json()).toMatchObject({
    ...letter,
    headers: event.headers,
    event: { state: 'dead' },
  })
  expect(await isConfirmed()).toBe(true)
})

it('takes the same letter twice as once', async () => {
  const { event, letter, isConfirmed } = await dead('bury-twice')
  await delivered([letter])
  const first = await (await archived(event.id))?.text()
  expect(await delivered([letter, letter])).toEqual({ acked: ['m0', 'm1'], retried: [] })
  expect(await (await archived(event.id))?.text()).toBe(first)
  expect(await isConfirmed()).toBe(true)
})

it('leaves nothing in the archive of an event that was forgotten while it was archived', async () => {
  const { event, letter } = await dead('bury-forgotten')
  const keep: Ports['archive']['keep'] = async (...all) => {
    await ports.archive.keep(...all)
    await ports.mailboxes.forget([event.id])
  }
  expect(await delivered([letter], { archive: { ...ports.archive, keep } })).toEqual({ acked: ['m0'], retried: [] })
  expect(await archived(event.id)).toBeNull()
})

it('logs a message that is no letter and takes it from the queue, and goes on with the next', async () => {
  const { event, letter } = await dead('bury-malformed')
  const write = vi.fn()
  const malformed = [null, 'text', {}, { ...letter, reason: 'no-such-fault' }, { ...letter, payload: 'never' }]
  const result = await delivered([...malformed, letter], { log: { write } })
  expect(result).toEqual({ acked: ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'], retried: [] })
  expect(write.mock.calls.filter(([, name]) => name === 'dead-letter-malformed')).toHaveLength(5)
  expect(await archived(event.id)).not.toBeNull()
})

it('leaves a letter in the queue, unconfirmed, while the archive fails, and not the others', async () => {
  const [bad, good] = [await dead('bury-failing'), await dead('bury-working')]
  const keep: Ports['archive']['keep'] = (letter, event) =>
    letter.app === 'bury-failing' ? Promise.reject(new Error('R2 is away')) : ports.archive.keep(letter, event)
  const result = await delivered([bad.letter, good.letter], { archive: { ...ports.archive, keep } })
  expect(result).toEqual({ acked: ['m1'], retried: ['m0'] })
  expect(await archived(bad.event.id)).toBeNull()
  expect([await bad.isConfirmed(), await good.isConfirmed()]).toEqual([false, true])

  expect(await delivered([bad.letter])).toEqual({ acked: ['m0'], retried: [] })
  expect(await bad.isConfirmed()).toBe(true)
})

it('leaves a letter in the queue while the large body cannot be read', async () => {
  const mailbox = await heldMailbox('bury-no-body')
  const { body: _, ...large } = incoming('bury-no-body', { size: 2_000_000 })
  await mailbox.calls.accept(large, terms)
  await mailbox.settle(large.id, 1, answered(410))
  expect(await delivered(mailbox.letters)).toEqual({ acked: [], retried: ['m0'] })
  await env.PAYLOADS.put(`payloads/${large.id}`, 'the large one')
  expect(await delivered(mailbox.letters)).toEqual({ acked: ['m0'], retried: [] })
  expect(await (await env.PAYLOADS.get(`dead-letters/${large.id}/body`))?.text()).toBe('the large one')
})

it.each([
  ['was replayed meanwhile', 'bury-replayed'],
  ['is not known any more', 'bury-purged'],
])('archives nothing of an event that %s', async (_, app) => {
  const { mailbox, event, letter } = await dead(app)
  const stale: DeadLetter = app === 'bury-replayed' ? letter : { ...letter, eventId: incoming(app).id }
  if (app === 'bury-replayed') await mailbox.calls.replay(event.id)
  expect(await delivered([stale])).toEqual({ acked: ['m0'], retried: [] })
  expect(await archived(stale.eventId)).toBeNull()
})
