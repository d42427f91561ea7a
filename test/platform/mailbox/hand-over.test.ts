import { expect, it } from 'vitest'
import { answered, heldMailbox, incoming, terms } from '../../support/mailbox.ts'

/** A mailbox with one key: what was accepted, what was handed over, and in which order it leaves. */
async function keyed(app: string) {
  const mailbox = await heldMailbox(app)
  const startMs = Date.now()
  const names = new Map<string, string>()
  const event = (name: string, afterMs: number) => {
    const one = incoming(app, { orderKey: 'k', receivedAtMs: startMs + afterMs })
    names.set(one.id, name)
    return one
  }
  return {
    mailbox,
    accept: (name: string, afterMs: number) => mailbox.calls.accept(event(name, afterMs), terms),
    handOver: (name: string, afterMs: number) =>
      mailbox.calls.accept({ ...event(name, afterMs), isHandedOver: true }, terms),
    /** Delivers until nothing leaves any more. */
    async rest(): Promise<string[]> {
      const left: string[] = []
      for (let seen = 0; seen < mailbox.batches.length; seen++) {
        for (const { eventId, attempt, isLate } of mailbox.batches[seen] ?? []) {
          left.push(`${names.get(eventId)}${isLate ? ' late' : ''}`)
          await mailbox.settle(eventId, attempt, answered(200))
        }
      }
      return left
    },
  }
}

it('an event that is handed over joins its key by when it was received', async () => {
  const { accept, handOver, rest } = await keyed('join-between')
  await accept('a', 10)
  await accept('d', 40)
  await handOver('c', 30)
  await handOver('b', 20)
  expect(await rest()).toEqual(['a', 'b', 'c', 'd'])
})

it('one that comes after later ones have begun says that it is late', async () => {
  const { accept, handOver, rest } = await keyed('join-late')
  await accept('b', 20)
  await accept('c', 30)
  await handOver('a', 10)
  expect(await rest()).toEqual(['b', 'a late', 'c'])
})

it('one that comes after later ones have ended says so as well', async () => {
  const { accept, handOver, rest, mailbox } = await keyed('join-ended')
  await accept('b', 20)
  expect(await rest()).toEqual(['b'])
  mailbox.batches.length = 0
  await handOver('a', 10)
  expect(await rest()).toEqual(['a late'])
})

it('one that is due and has not begun steps back behind it', async () => {
  const { accept, handOver, rest, mailbox } = await keyed('join-back')
  await mailbox.calls.pause(undefined)
  await accept('b', 20)
  await handOver('a', 10)
  await mailbox.calls.resume(undefined)
  expect(await rest()).toEqual(['a', 'b'])
})
