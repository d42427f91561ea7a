import { describe, expect, it } from 'vitest'
import { accepted, eventIn, gatedApp, mailboxes } from '../../support/gated-app.ts'
import { answered, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { eventually } from '../../support/time.ts'

describe('a replay', () => {
  it.each([
    ['dead', 410],
    ['delivered', 200],
  ] as const)(
    'of a %s event delivers it again under the same webhook-id, and its attempts count on',
    async (state, status) => {
      const app = `replay-${state}`
      let answer = status as number
      const seen = await gatedApp(app, { answer: () => new Response(null, { status: answer }) })
      const eventId = await accepted(app, { body: '{"replayed":"exactly"}' })
      await eventIn(state, eventId)
      answer = 204
      await mailboxes.replay(eventId)
      await eventually(() => expect(seen).toHaveLength(2))
      const { attempts, fault } = await eventIn('delivered', eventId)
      expect(attempts).toMatchObject([
        { n: 1, status },
        { n: 2, status: 204 },
      ])
      expect(fault).toBeUndefined()
      expect(seen.map(({ headers }) => headers.get('webhook-id'))).toEqual([eventId, eventId])
      expect(seen.map(({ headers }) => headers.get('gatehouse-attempt'))).toEqual(['1', '2'])
      expect(seen.map(({ body }) => new TextDecoder().decode(body))[1]).toBe('{"replayed":"exactly"}')
    },
  )

  it('gives the event all its tries again', async () => {
    const { calls, settle, letters } = await heldMailbox('replay-tries')
    const event = incoming('replay-tries')
    await calls.accept(event, { ...terms, retry: { ...terms.retry, attempts: 2 } })
    await settle(event.id, 1, answered(500, Date.now()))
    await settle(event.id, 2, answered(500))
    expect(await calls.show(event.id)).toMatchObject({ state: 'dead' })
    await calls.replay(event.id)
    await settle(event.id, 3, answered(500))
    expect(await calls.show(event.id)).toMatchObject({ state: 'waiting' })
    await calls.replay(event.id)
    await settle(event.id, 4, answered(500, Date.now()))
    await settle(event.id, 5, answered(500))
    expect(await calls.show(event.id)).toMatchObject({ state: 'dead', attempts: [{}, {}, {}, {}, { n: 5 }] })
    expect(letters.map(({ attempts }) => attempts)).toEqual([2, 5])
  })

  it('leaves an attempt alone that is under way', async () => {
    const { calls, batches } = await heldMailbox('replay-under-way')
    const event = incoming('replay-under-way')
    await calls.accept(event, terms)
    expect(await calls.replay(event.id)).toMatchObject({ state: 'delivering' })
    expect(batches.flat()).toHaveLength(1)
  })

  it('of a waiting event does not wait for its time', async () => {
    const { calls, batches, settle } = await heldMailbox('replay-waiting')
    const event = incoming('replay-waiting')
    await calls.accept(event, terms)
    await settle(event.id, 1, answered(503, Date.now() + 3_600_000))
    await calls.replay(event.id)
    expect(batches.flat()).toMatchObject([{ attempt: 1 }, { attempt: 2 }])
  })

  it('waits for a slot like every event', async () => {
    const { calls, batches, settle } = await heldMailbox('replay-slot')
    const one = { ...terms, concurrency: 1 }
    const [done, busy] = [incoming('replay-slot'), incoming('replay-slot')]
    await calls.accept(done, one)
    await settle(done.id, 1, answered(200))
    await calls.accept(busy, one)
    expect(await calls.replay(done.id)).toMatchObject({ state: 'waiting' })
    await settle(busy.id, 1, answered(200))
    expect(batches.flat().map(({ eventId }) => eventId)).toEqual([done.id, busy.id, done.id])
  })

  it('of an event that nobody knows is nothing', async () => {
    expect(await mailboxes.replay(incoming('replay-nobody').id)).toBeUndefined()
    expect(await mailboxes.replay('no event id')).toBeUndefined()
  })
})
