import { keys } from '#core/keys.ts'
import type { Archive, Payloads } from '#core/ports.ts'

/** Pages of 1,000 that one listing walks: 500,000 bodies, with some 1,000 calls to R2 and the mailboxes. */
const pagesAtMost = 500

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
    async *writtenBefore(moment) {
      let cursor: string | undefined
      for (let page = 0; page < pagesAtMost; page++) {
        const listed = await bucket.list({ prefix: keys.payloads, ...(cursor && { cursor }) })
        const old = listed.objects.filter(({ uploaded }) => uploaded < moment)
        yield old.map(({ key }) => key.slice(keys.payloads.length))
        if (!listed.truncated) return
        cursor = listed.cursor
      }
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
    async remove(eventIds) {
      const both = eventIds.flatMap(id => [keys.deadLetter(id), keys.deadLetterBody(id)])
      if (both.length > 0) await bucket.delete(both)
    },
  }
}
