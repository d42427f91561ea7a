import type { Sheltered } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { spilledFacts } from '#core/delivery/sheltered.ts'
import { utf8Bytes } from '#core/encoding.ts'
import { keys } from '#core/keys.ts'
import type { Spills } from '#core/ports.ts'
import { within } from '#core/within.ts'
import type { Env } from './env.ts'
import { type Buckets, bucketOf, bucketsOf, spillOf } from './places.ts'

/** How long bucket and queue have together: the vendor still waits. */
const putTimeoutMs = 3_000
const pagesAtMost = 100

/**
 * Events that no mailbox could take: facts and bytes in the bucket of their region, a message without
 * either in its queue. The object is what counts; a message that is lost is made up for by the sweep.
 *
 * @param isDurable false where queues live in memory
 */
export function r2Spills(env: Env, isDurable: boolean): Spills {
  const buckets = bucketsOf(env)
  return {
    isDurable,
    put: sheltered => within(putTimeoutMs, put(env, buckets, sheltered)),
    async get(eventId) {
      const stored = await bucketOf(buckets, eventId).get(keys.spill(eventId))
      return stored ? readSpilled(new Uint8Array(await stored.arrayBuffer())) : undefined
    },
    async remove(eventId) {
      await bucketOf(buckets, eventId).delete(keys.spill(eventId))
    },
    async *writtenBefore(moment) {
      for (const bucket of buckets.values()) yield* oldIn(bucket, moment)
    },
  }
}

async function put(env: Env, buckets: Buckets, sheltered: Sheltered): Promise<void> {
  const { id } = sheltered.event
  const { body = new Uint8Array(), ...event } = sheltered.event
  const facts = utf8Bytes(`${JSON.stringify({ ...sheltered, event, hasBody: sheltered.event.body !== undefined })}\n`)
  const whole = new Uint8Array(facts.length + body.length)
  whole.set(facts)
  whole.set(body, facts.length)
  const r2Key = keys.spill(id)
  const shown = JSON.stringify(await spilledFacts(sheltered.event))
  await bucketOf(buckets, id).put(r2Key, whole, { customMetadata: { facts: shown } })
  await spillOf(env, mailboxOf(id)?.region ?? '').send({ eventId: id, r2Key })
}

/** One line of JSON, then the bytes. */
export function readSpilled(whole: Uint8Array<ArrayBuffer>): Sheltered {
  const end = whole.indexOf(10)
  const { hasBody, event, ...rest } = JSON.parse(new TextDecoder().decode(whole.subarray(0, end)))
  return { ...rest, event: { ...event, ...(hasBody && { body: whole.subarray(end + 1) }) } }
}

async function* oldIn(bucket: R2Bucket, moment: Date): AsyncIterable<readonly string[]> {
  let cursor: string | undefined
  for (let page = 0; page < pagesAtMost; page++) {
    const listed = await bucket.list({ prefix: keys.spills, ...(cursor && { cursor }) })
    yield listed.objects.filter(({ uploaded }) => uploaded < moment).map(({ key }) => key.slice(keys.spills.length))
    if (!listed.truncated) return
    cursor = listed.cursor
  }
}
