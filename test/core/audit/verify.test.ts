import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AuditRecord, hashOf, noHash, recordOf } from '#core/audit/record.ts'
import { verifyChain } from '#core/audit/verify.ts'

async function chainOf(length: number) {
  const records: AuditRecord[] = []
  let end = { seq: 0, hash: noHash }
  for (let n = 0; n < length; n++) {
    const about = { id: `id-${n}`, time: `2026-01-01T00:00:0${n}.000Z`, environment: 'local' }
    const record = recordOf({ type: 'app.published', app: 'shop', actor: 'olga', facts: { n } }, end, about)
    records.push(record)
    end = { seq: record.auditseq, hash: await hashOf(record) }
  }
  return { records, end }
}

it('is a CloudEvent that names the record before it', async () => {
  const { records } = await chainOf(2)
  expect(records[1]).toEqual({
    specversion: '1.0',
    id: 'id-1',
    source: '/registry/local',
    type: 'app.published',
    subject: 'app/shop',
    time: '2026-01-01T00:00:01.000Z',
    datacontenttype: 'application/json',
    auditseq: 2,
    prevhash: await hashOf(records[0]),
    data: { event: 'app.published', app: 'shop', actor: 'olga', timestamp: '2026-01-01T00:00:01.000Z', n: 1 },
  })
})

it('is whole as it was written, from its start or from any record on', async () => {
  const { records, end } = await chainOf(5)
  expect(await verifyChain(records, { end })).toEqual({ ok: true, records: 5 })
  const start = { seq: 2, hash: await hashOf(records[1]) }
  expect(await verifyChain(records.slice(2), { start, end })).toEqual({ ok: true, records: 3 })
  expect(await verifyChain([], { end: { seq: 0, hash: noHash } })).toEqual({ ok: true, records: 0 })
})

it('is found broken by any record edited, removed, added or moved, also the last', async () => {
  const { records, end } = await chainOf(6)
  const position = fc.nat({ max: 5 })
  const damage = fc.oneof(
    fc.record({ kind: fc.constant('edit' as const), at: position, key: fc.constantFrom('actor', 'reason', 'n', 'x') }),
    fc.record({ kind: fc.constant('remove' as const), at: position, count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constant('repeat' as const), at: position }),
    fc.record({ kind: fc.constant('swap' as const), at: position, with: position }),
  )
  await fc.assert(
    fc.asyncProperty(damage, async what => {
      const copy: AuditRecord[] = structuredClone(records)
      const record = copy[what.at] as AuditRecord
      if (what.kind === 'edit') copy[what.at] = { ...record, data: { ...record.data, [what.key]: 'edited' } }
      if (what.kind === 'remove') copy.splice(what.at, what.count)
      if (what.kind === 'repeat') copy.splice(what.at, 0, record)
      if (what.kind === 'swap') {
        fc.pre(what.at !== what.with)
        ;[copy[what.at], copy[what.with]] = [copy[what.with] as AuditRecord, record]
      }
      const verdict = await verifyChain(copy, { end })
      expect(verdict.ok).toBe(false)
      expect(verdict.brokenAt).toBeGreaterThanOrEqual(1)
      expect(verdict.brokenAt).toBeLessThanOrEqual(7)
    }),
    { numRuns: 200 },
  )
})
