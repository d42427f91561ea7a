import { keys } from '#core/keys.ts'
import type { Archive, Payloads } from '#core/ports.ts'

/** Large bodies in R2, byte for byte, each under its event's id. */
export function r2Payloads(bucket: R2Bucket): Payloads {
  return {
    async put(eventId, body) {
      await bucket.put(keys.payload(eventId), body)
    },
    async get(eventId) {
      const object = await bucket.get(keys.payload(eventId))
      if (!object) throw new Error(`no payload of ${eventId}`)
      return object.body
    },
    async remove(eventIds) {
      if (eventIds.length > 0) await bucket.delete(eventIds.map(keys.payload))
    },
  }
}

/** Dead letters in R2: what happened as JSON, and the bytes beside it. */
export function r2Archive(bucket: R2Bucket, payloads: Payloads): Archive {
  return {
    async keep(letter, { event, headers, body }) {
      const bytes = body ?? new Uint8Array(await new Response(await payloads.get(event.id)).arrayBuffer())
      await bucket.put(keys.deadLetterBody(event.id), bytes)
      const facts = JSON.stringify({ ...letter, event, headers })
      await bucket.put(keys.deadLetter(event.id), facts, { httpMetadata: { contentType: 'application/json' } })
    },
  }
}
