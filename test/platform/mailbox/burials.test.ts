import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { noise, sha256 } from '../../support/bytes.ts'
import { accepted, eventIn, gatedApp, mailboxes, mailboxStub } from '../../support/gated-app.ts'
import { answered, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { eventually, moveTimeBy } from '../../support/time.ts'

const minuteMs = 60_000

describe('a dead event', () => {
  it('is announced with what happened, and never with its payload', async () => {
    const { calls, letters, settle } = await heldMailbox('burial-letter')
    const event = incoming('burial-letter')
    await calls.accept(event, terms)
    await settle(event.id, 1, answered(410))
    const { attempts } = (await calls.show(event.id)) ?? {}
    expect(letters).toEqual([
      {
        app: 'burial-letter',
        source: 'shop',
        eventId: event.id,
        reason: 'upstream-failed',
        attempts: 1,
        firstAt: attempts?.[0]?.at,
        lastAt: attempts?.[0]?.at,
      },
    ])
    expect(await calls.show(event.id)).toMatchObject({ state: 'dead', fault: 'upstream-failed' })
  })

  it('is announced again with growing waits until the archive confirms it, and then no more', async () => {
    const { stub, calls, letters, settle, alarm } = await heldMailbox('burial-again')
    const event = incoming('burial-again')
    await calls.accept(event, terms)
    moveTimeBy(0)
    await settle(event.id, 1, answered(410))
    for (const [n, minutes] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      expect(letters).toHaveLength(n + 1)
      expect(await alarm()).toBe(Date.now() + minutes * minuteMs)
      moveTimeBy(minutes * minuteMs - 1)
      await runDurableObjectAlarm(stub)
      expect(letters).toHaveLength(n + 1)
      moveTimeBy(1)
      await runDurableObjectAlarm(stub)
    }
    await calls.buried(event.id)
    expect(await alarm()).toBe(event.receivedAtMs + 14 * 86_400_000)
    moveTimeBy(24 * 60 * minuteMs)
    await runDurableObjectAlarm(stub)
    expect(letters).toHaveLength(9)
  })

  it('is no longer announced once it is replayed', async () => {
    const { stub, calls, letters, settle } = await heldMailbox('burial-replayed')
    const event = incoming('burial-replayed')
    await calls.accept(event, terms)
    await settle(event.id, 1, answered(410))
    await calls.replay(event.id)
    moveTimeBy(10 * minuteMs)
    await runDurableObjectAlarm(stub)
    expect(await calls.show(event.id)).toMatchObject({ state: 'delivering' })
    expect(letters).toHaveLength(1)
  })

  it('is announced with a hundred others in one go', async () => {
    const { stub, calls, letters, settle } = await heldMailbox('burial-many')
    const events = Array.from({ length: 150 }, () => incoming('burial-many'))
    await Promise.all(events.map(event => calls.accept(event, { ...terms, concurrency: 100 })))
    for (let some = events; some.length > 0; some = some.slice(50))
      await Promise.all(some.slice(0, 50).map(({ id }) => settle(id, 1, answered(410))))
    expect(letters).toHaveLength(150)
    moveTimeBy(10 * minuteMs)
    await runDurableObjectAlarm(stub)
    expect(letters).toHaveLength(250)
    await runDurableObjectAlarm(stub)
    expect(letters).toHaveLength(300)
    expect(new Set(letters.slice(150).map(({ eventId }) => eventId)).size).toBe(150)
  })
})

describe('the whole way to the grave', () => {
  it.each([
    ['small', new Uint8Array([0, 255, 13, 10, 128])],
    ['large', noise(1_048_577)],
  ])(
    'archives letter and bytes of a %s body through the queue, and the mailbox learns of it',
    async (size, body) => {
      const app = `burial-${size}`
      await gatedApp(app, { answer: () => new Response(null, { status: 410 }) })
      const eventId = await accepted(app, { body })
      const event = await eventIn('dead', eventId)
      const stub = mailboxStub(app)
      const letter = await eventually(async () => {
        const object = await env.PAYLOADS.get(`dead-letters/${eventId}/letter.json`)
        if (!object) throw new Error('no letter yet')
        return object.json()
      }, 15_000)
      expect(letter).toMatchObject({ app, source: 'shop', eventId, reason: 'upstream-failed', attempts: 1, event })
      expect(JSON.stringify(letter)).not.toContain('webhook-signature')
      const archived = await env.PAYLOADS.get(`dead-letters/${eventId}/body`)
      expect(await sha256(await archived?.arrayBuffer())).toBe(await sha256(body))

      await eventually(async () => {
        const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())
        expect(alarm).toBe(Date.parse(event.receivedAt) + 14 * 86_400_000)
      })
      expect(await mailboxes.show(eventId)).toMatchObject({ state: 'dead' })
    },
    20_000,
  )
})
