import { describe, expect, it } from 'vitest'
import { openRevision, Pointer } from '#core/manifest/entry.ts'
import { publication } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { documentOf } from '../../support/manifests.ts'

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n))
const living = (lifecycle: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}) =>
  documentOf({ lifecycle: { stage: 'sandbox', ...lifecycle }, ...more })

const publish = (document: object, on: Date, previous?: Pointer, renew = false) =>
  publication(Manifest.parse(document), document, previous, {
    now: on,
    publishedBy: 'tess',
    environment: 'local',
    renew,
  })

const first = await publish(living({ ttlDays: 30 }), day(0))

describe('publishing a new app', () => {
  it('writes a revision that opens, and a pointer to it', async () => {
    expect(first).toMatchObject({ app: 'shop', change: 'new' })
    expect(Pointer.parse(first.pointer)).toEqual({
      digest: first.revision.digest,
      expiresAt: day(30).toISOString(),
      publishedAt: day(0).toISOString(),
      publishedBy: 'tess',
      sequence: 1,
      environment: 'local',
    })
    expect(await openRevision('shop', first.pointer.digest, first.revision)).toMatchObject({ kind: 'MicroApp' })
  })

  it('stores the manifest as its author wrote it', () => {
    expect(first.revision.manifest).toEqual(living({ ttlDays: 30 }))
  })

  it('gives it 60 days unless it asks for another time', async () => {
    expect((await publish(living({}), day(0))).pointer.expiresAt).toBe(day(60).toISOString())
  })
})

describe('publishing again', () => {
  it('into another environment is a change: a pointer says where it holds', async () => {
    const document = living({ ttlDays: 30 })
    const setting = { now: day(1), publishedBy: 'tess', environment: 'production', renew: false }
    const { change, pointer } = await publication(Manifest.parse(document), document, first.pointer, setting)
    expect({ change, ...pointer }).toMatchObject({
      change: 'changed',
      environment: 'production',
      sequence: 2,
      expiresAt: first.pointer.expiresAt,
    })
  })

  it('keeps dates and sequence of what is unchanged, whatever the order of its keys', async () => {
    const { spec, ...others } = living({ ttlDays: 30 })
    const again = await publish({ spec, ...others }, day(9), first.pointer)
    expect(again).toMatchObject({ change: 'unchanged', pointer: first.pointer })
  })

  it('keeps the end of life of what is changed', async () => {
    const changed = await publish(living({ ttlDays: 30 }, { limits: { bodyBytes: 1 } }), day(9), first.pointer)
    expect(changed).toMatchObject({ change: 'changed', pointer: { expiresAt: day(30).toISOString() } })
    expect(changed.pointer.publishedAt).toBe(day(9).toISOString())
  })

  it('does not lengthen a life by a longer ttlDays', async () => {
    expect((await publish(living({ ttlDays: 300 }), day(9), first.pointer)).pointer.expiresAt).toBe(
      day(30).toISOString(),
    )
  })

  it('shortens a life by a shorter ttlDays', async () => {
    expect((await publish(living({ ttlDays: 5 }), day(9), first.pointer)).pointer.expiresAt).toBe(day(14).toISOString())
  })

  it('leaves a dead app dead, however it is changed', async () => {
    const late = await publish(living({ ttlDays: 300 }), day(99), first.pointer)
    expect(late.pointer.expiresAt).toBe(day(30).toISOString())
  })

  it('goes up one in sequence with every change, and not without one', async () => {
    const second = await publish(living({ ttlDays: 29 }), day(1), first.pointer)
    const third = await publish(living({ ttlDays: 29 }), day(2), second.pointer)
    const fourth = await publish(living({ ttlDays: 29 }), day(3), third.pointer, true)
    expect([second, third, fourth].map(({ pointer }) => pointer.sequence)).toEqual([2, 2, 3])
  })
})

describe('renewing', () => {
  it('starts the life of an unchanged app anew', async () => {
    const renewed = await publish(living({ ttlDays: 30 }), day(20), first.pointer, true)
    expect(renewed).toMatchObject({ change: 'renewed', pointer: { expiresAt: day(50).toISOString() } })
  })

  it('starts the life of a changed app anew', async () => {
    const renewed = await publish(living({ ttlDays: 40 }), day(20), first.pointer, true)
    expect(renewed).toMatchObject({ change: 'changed', pointer: { expiresAt: day(60).toISOString() } })
  })
})

describe('an expiresAt written out', () => {
  it('wins over what was in force before, in both directions', async () => {
    for (const expiresAt of ['2026-01-02', '2027-06-01T00:00:00Z']) {
      const changed = await publish(living({ expiresAt }), day(9), first.pointer)
      expect(changed.pointer.expiresAt).toBe(new Date(expiresAt).toISOString())
    }
  })

  it('is not moved by renewing', async () => {
    const fixed = await publish(living({ expiresAt: '2026-03-01' }), day(0))
    const renewed = await publish(living({ expiresAt: '2026-03-01' }), day(9), fixed.pointer, true)
    expect(renewed.pointer.expiresAt).toBe('2026-03-01T00:00:00.000Z')
  })

  it('is kept in UTC, whatever its offset', async () => {
    const { pointer } = await publish(living({ expiresAt: '2026-03-01T02:00:00+02:00' }), day(0))
    expect(pointer.expiresAt).toBe('2026-03-01T00:00:00.000Z')
  })
})
