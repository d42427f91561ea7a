import { keys } from '#core/keys.ts'
import type { Payloads } from '#core/ports.ts'
import { type Buckets, bucketOf } from './places.ts'

/** Pages of 1,000 that one listing of a bucket walks: 500,000 bodies, with some 1,000 calls to R2 and the mailboxes. */
const pagesAtMost = 500

/** Large bodies in R2, byte for byte, each under its event's id in the bucket of its region. */
export function r2Payloads(buckets: Buckets): Payloads {
  return {
    async put(eventId, body) {
      await bucketOf(buckets, eventId).put(keys.payload(eventId), body)
    },
    async get(eventId) {
      const object = await bucketOf(buckets, eventId).get(keys.payload(eventId))
      if (!object) throw new Error(`no payload of ${eventId}`)
      return object.body.pipeThrough(new FixedLengthStream(object.size))
    },
    async bytes(eventId) {
      return bytesOf(await bucketOf(buckets, eventId).get(keys.payload(eventId)))
    },
    remove: eventIds => removeFrom(buckets, eventIds, id => [keys.payload(id)]),
    async *writtenBefore(moment) {
      for (const bucket of buckets.values()) yield* oldIn(bucket, moment)
    },
  }
}

async function* oldIn(bucket: R2Bucket, moment: Date): AsyncIterable<readonly string[]> {
  let cursor: string | undefined
  for (let page = 0; page < pagesAtMost; page++) {
    const listed = await bucket.list({ prefix: keys.payloads, ...(cursor && { cursor }) })
    const old = listed.objects.filter(({ uploaded }) => uploaded < moment)
    yield old.map(({ key }) => key.slice(keys.payloads.length))
    if (!listed.truncated) return
    cursor = listed.cursor
  }
}

/** Removes objects that lie under keys of events, each in the bucket of its event's region. */
export async function removeFrom(
  buckets: Buckets,
  eventIds: readonly string[],
  keysOf: (eventId: string) => string[],
): Promise<void> {
  const byBucket = Map.groupBy(eventIds, id => bucketOf(buckets, id))
  for (const [bucket, ids] of byBucket) await bucket.delete(ids.flatMap(keysOf))
}

/** An object of R2 whole; `undefined` when it is not there. */
export async function bytesOf(object: R2ObjectBody | null): Promise<Uint8Array | undefined> {
  return object ? new Uint8Array(await object.arrayBuffer()) : undefined
}
