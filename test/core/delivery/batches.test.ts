import fc from 'fast-check'
import { expect, it } from 'vitest'
import { batchesOf } from '#core/delivery/batches.ts'
import type { Consignment } from '#core/delivery/event.ts'

const consignment = (isLarge: boolean, index: number): Consignment => ({
  eventId: String(index),
  source: 'shop',
  attempt: 1,
  receivedAtMs: 0,
  headers: [],
  hops: 0,
  ...(!isLarge && { body: new Uint8Array() }),
})

const connections = (batch: readonly Consignment[]) => batch.reduce((sum, { body }) => sum + (body ? 1 : 2), 0)

it('every call to the courier has at most four events and six connections, and none is left out or overtaken', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 40 }), areLarge => {
      const all = areLarge.map(consignment)
      const batches = batchesOf(all)
      expect(batches.flat()).toEqual(all)
      for (const [at, batch] of batches.entries()) {
        expect(batch.length).toBeLessThanOrEqual(4)
        expect(connections(batch)).toBeLessThanOrEqual(6)
        const next = batches[at + 1]?.slice(0, 1)
        if (next) expect(batch.length === 4 || connections([...batch, ...next]) > 6).toBe(true)
      }
    }),
  )
})
