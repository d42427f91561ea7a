import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

describe('accepting', () => {
  it('keeps the same event id once, however often it is handed over', async () => {
    const { calls, batches } = await heldMailbox('accept-twice')
    const event = incoming('accept-twice', { claims: { vendorId: 'evt_1' } })
    const acceptances = [await calls.accept(event, terms), await calls.accept(event, terms)]
    expect(acceptances).toEqual([
      { kind: 'accepted', eventId: event.id },
      { kind: 'accepted', eventId: event.id },
    ])
    expect(await calls.list({}, { limit: 10 })).toHaveLength(1)
    expect(batches.flat()).toHaveLength(1)
  })

  it('says by which claim an event is a duplicate, and keeps nothing of it', async () => {
    const { calls } = await heldMailbox('accept-claims')
    const first = incoming('accept-claims', { claims: { vendorId: 'a', signedDigest: 'd1' } })
    await calls.accept(first, terms)
    const byId = incoming('accept-claims', { claims: { vendorId: 'a', signedDigest: 'd2' } })
    const byBytes = incoming('accept-claims', { claims: { vendorId: 'b', signedDigest: 'd1' } })
    expect(await calls.accept(byId, terms)).toEqual({ kind: 'duplicate', eventId: first.id, by: 'id' })
    expect(await calls.accept(byBytes, terms)).toEqual({ kind: 'duplicate', eventId: first.id, by: 'bytes' })
    const free = incoming('accept-claims', { claims: { vendorId: 'b', signedDigest: 'd2' } })
    expect(await calls.accept(free, terms)).toMatchObject({ kind: 'accepted' })
  })

  it('keeps nothing of an event of which it cannot keep everything', async () => {
    const { stub, calls } = await heldMailbox('accept-whole')
    await calls.accept(incoming('accept-whole'), terms)
    const event = incoming('accept-whole', { claims: { vendorId: 'evt_1' } })
    await runInDurableObject(stub, async (instance, { storage }) => {
      storage.sql.exec('ALTER TABLE contents RENAME TO away')
      await expect(instance.accept(event, terms)).rejects.toThrow()
      storage.sql.exec('ALTER TABLE away RENAME TO contents')
    })
    expect(await calls.show(event.id)).toBeUndefined()
    expect(await calls.accept(event, terms)).toEqual({ kind: 'accepted', eventId: event.id })
  })

  it('shows an event with everything but its payload', async () => {
    const { calls } = await heldMailbox('accept-show')
    const event = incoming('accept-show', { size: 7 })
    await calls.accept(event, terms)
    expect(await calls.show(event.id)).toEqual({
      id: event.id,
      app: 'accept-show',
      source: 'shop',
      region: 'any',
      state: 'delivering',
      receivedAt: new Date(event.receivedAtMs).toISOString(),
      size: 7,
      attempts: [{ n: 1, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/) }],
    })
  })

  it('attempts an event at once that a machine with a faster clock received', async () => {
    const { calls, batches } = await heldMailbox('accept-ahead')
    const event = incoming('accept-ahead', { receivedAtMs: Date.now() + 5_000 })
    await calls.accept(event, terms)
    expect(batches.flat().map(({ eventId }) => eventId)).toEqual([event.id])
  })
})

describe('eviction', () => {
  it('loses nothing: events, bytes, claims, leases, terms and the alarm are read back', async () => {
    const before = await heldMailbox('evict-all')
    const claims = { vendorId: 'evt_1' }
    const slow = { ...terms, concurrency: 1, timeoutMs: 60_000 }
    const [first, second] = [incoming('evict-all', { claims }), incoming('evict-all')]
    await before.calls.accept(first, slow)
    await before.calls.accept(second, slow)
    const alarm = await before.alarm()
    const shown = await before.calls.list({}, { limit: 10 })

    await evictDurableObject(before.stub)
    const after = await heldMailbox('evict-all')
    expect(await after.alarm()).toBe(alarm)
    expect(await after.calls.list({}, { limit: 10 })).toEqual(shown)
    expect(await after.calls.open(second.id)).toMatchObject({ headers: second.headers, body: second.body })
    expect(await after.calls.accept(incoming('evict-all', { claims }), slow)).toMatchObject({ kind: 'duplicate' })
    expect(after.batches).toEqual([])

    await after.settle(first.id, 1, { kind: 'answered', status: 200, ms: 5 })
    expect(after.batches.flat()).toMatchObject([{ eventId: second.id, attempt: 1 }])
  })

  it('does not put off the alarm that an open lease needs', async () => {
    const before = await heldMailbox('evict-alarm')
    moveTimeBy(0)
    const event = incoming('evict-alarm')
    await before.calls.accept(event, terms)
    await evictDurableObject(before.stub)
    const after = await heldMailbox('evict-alarm')
    moveTimeBy(1_000)
    await after.calls.accept(incoming('evict-alarm'), terms)
    expect(await after.alarm()).toBe(event.receivedAtMs + terms.timeoutMs + 30_000)
  })
})
