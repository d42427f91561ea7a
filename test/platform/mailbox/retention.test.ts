import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { answered, type HeldMailbox, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { eventually, moveTimeBy } from '../../support/time.ts'

const dayMs = 86_400_000

async function rowsIn({ stub }: HeldMailbox): Promise<Record<string, number>> {
  return runInDurableObject(stub, (_, { storage: { sql } }) => {
    const count = (table: string) => sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).one().n
    return Object.fromEntries(['events', 'contents', 'attempts'].map(table => [table, count(table)]))
  })
}

describe('when its retention of 14 days is over', () => {
  it('an event that has ended is forgotten with its bytes, attempts and letter, and no alarm is left', async () => {
    const mailbox = await heldMailbox('retention-rows')
    const [delivered, dead] = [incoming('retention-rows'), incoming('retention-rows')]
    for (const event of [delivered, dead]) await mailbox.calls.accept(event, terms)
    await mailbox.settle(delivered.id, 1, answered(200))
    await mailbox.settle(dead.id, 1, answered(410))
    await mailbox.calls.buried(dead.id)
    expect(await rowsIn(mailbox)).toEqual({ events: 2, contents: 2, attempts: 2 })

    moveTimeBy(14 * dayMs - 1_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(await rowsIn(mailbox)).toMatchObject({ events: 2 })
    moveTimeBy(2_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(await rowsIn(mailbox)).toEqual({ events: 0, contents: 0, attempts: 0 })
    expect(await mailbox.alarm()).toBeNull()
    expect(await mailbox.calls.show(delivered.id)).toBeUndefined()
  })

  it('a body in the payload store goes too, and no other', async () => {
    const mailbox = await heldMailbox('retention-large')
    const { body: _, ...old } = incoming('retention-large', { size: 2_000_000 })
    const { body: __, ...young } = incoming('retention-large', { size: 2_000_000, receivedAtMs: Date.now() + dayMs })
    for (const event of [old, young]) {
      await env.PAYLOADS.put(`payloads/${event.id}`, 'large')
      await mailbox.calls.accept(event, terms)
      await mailbox.settle(event.id, 1, answered(200))
    }
    moveTimeBy(14 * dayMs + 1)
    await runDurableObjectAlarm(mailbox.stub)
    expect(await env.PAYLOADS.head(`payloads/${old.id}`)).toBeNull()
    expect(await env.PAYLOADS.head(`payloads/${young.id}`)).not.toBeNull()
    expect(await mailbox.alarm()).toBe(young.receivedAtMs + 14 * dayMs)
  })

  it('a dead event stays, and is announced, until the archive has it; what ended beside it goes in time', async () => {
    const mailbox = await heldMailbox('retention-unburied')
    const [dead, other] = [incoming('retention-unburied'), incoming('retention-unburied')]
    for (const event of [dead, other]) await mailbox.calls.accept(event, terms)
    await mailbox.settle(dead.id, 1, answered(410))
    await mailbox.settle(other.id, 1, answered(200))

    moveTimeBy(14 * dayMs - 30_000)
    await runDurableObjectAlarm(mailbox.stub)
    expect(await mailbox.alarm(), 'in time for the other').toBe(other.receivedAtMs + 14 * dayMs)
    for (let day = 0; day < 3; day++) {
      moveTimeBy(dayMs)
      mailbox.letters.length = 0
      await runDurableObjectAlarm(mailbox.stub)
      expect(await rowsIn(mailbox)).toEqual({ events: 1, contents: 1, attempts: 1 })
      expect(mailbox.letters).toMatchObject([{ eventId: dead.id, reason: 'upstream-failed' }])
      expect(await mailbox.calls.open(dead.id)).toMatchObject({ event: { state: 'dead' }, body: dead.body })
      expect(await mailbox.alarm(), 'nothing but the next announcement').toBe(Date.now() + 2 ** (day + 2) * 60_000)
    }

    expect(await mailbox.calls.buried(dead.id)).toBe(true)
    expect(await mailbox.alarm()).toBeLessThanOrEqual(Date.now())
    await runDurableObjectAlarm(mailbox.stub)
    expect(await rowsIn(mailbox)).toEqual({ events: 0, contents: 0, attempts: 0 })
    expect(await mailbox.alarm()).toBeNull()
  })

  it('an event that still waits stays', async () => {
    const mailbox = await heldMailbox('retention-waits')
    const event = incoming('retention-waits')
    await mailbox.calls.accept(event, terms)
    await mailbox.settle(event.id, 1, { kind: 'held', fault: 'app-expired' })
    moveTimeBy(20 * dayMs)
    await runDurableObjectAlarm(mailbox.stub)
    expect(mailbox.batches.flat()).toHaveLength(2)
    await mailbox.settle(event.id, 1, answered(200))
    expect(await mailbox.calls.show(event.id)).toMatchObject({ state: 'delivered' })
  })

  it('more than one go holds is forgotten by alarms that follow at once', async () => {
    const mailbox = await heldMailbox('retention-many')
    const first = incoming('retention-many')
    await mailbox.calls.accept(first, terms)
    await mailbox.settle(first.id, 1, answered(200))
    await runInDurableObject(mailbox.stub, (_, { storage: { sql } }) => {
      sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
         INSERT INTO events (id, source, state, received_at, size, hops, since)
         SELECT 'any~retention-many~0~' || printf('%026d', i), 'shop', 'delivered', 1000, 7, 0, 1000 FROM n`,
      )
      sql.exec(`INSERT OR IGNORE INTO contents SELECT seq, '[]', x'00' FROM events`)
    })
    const before = await runInDurableObject(mailbox.stub, async (instance, { storage }) => {
      await instance.alarm()
      return { alarm: await storage.getAlarm(), left: storage.sql.exec('SELECT 1 FROM events').toArray().length }
    })
    expect(before.left).toBe(601)
    expect(before.alarm).toBeLessThanOrEqual(Date.now())
    await eventually(async () => expect(await rowsIn(mailbox)).toMatchObject({ events: 1, contents: 1 }))
    expect(await mailbox.alarm()).toBe(first.receivedAtMs + 14 * dayMs)
  })
})
