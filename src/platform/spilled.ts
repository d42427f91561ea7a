import type { ArchivedEvent, ContentsPage, EventFilter, EventView, StoredEvent } from '#core/delivery/event.ts'
import { mailboxOf, ulidOf } from '#core/delivery/event-id.ts'
import { matches, type ShelteredFacts, shelteredView } from '#core/delivery/sheltered.ts'
import { keys } from '#core/keys.ts'
import type { Buckets } from './places.ts'
import { readSpilled } from './spills-r2.ts'

/** Pages of 1,000 that one look walks at most. */
const pagesAtMost = 100

/** Events that lie in the buckets until their mailbox takes them, as far as they are looked at or forgotten. */
export class Spilled {
  readonly #buckets: Buckets

  constructor(buckets: Buckets) {
    this.#buckets = buckets
  }

  /** All of an app in a region that match, older than `before`. */
  async list(region: string, app: string, filter: EventFilter, before: string | undefined): Promise<EventView[]> {
    const views: EventView[] = []
    for await (const { facts } of this.#of(region, app)) {
      const view = shelteredView(facts)
      if (matches(view, filter) && (before === undefined || ulidOf(view.id) < ulidOf(before))) views.push(view)
    }
    return views
  }

  async contents(
    region: string,
    app: string,
    { limit, after, source, bodyBytes = 0 }: ContentsPage,
  ): Promise<StoredEvent[]> {
    const events: StoredEvent[] = []
    let bytes = 0
    for await (const { key, facts } of this.#of(region, app, after)) {
      const { id, size } = facts
      const isTooMuch = bodyBytes > 0 && bytes > 0 && bytes + size > bodyBytes
      if (events.length >= limit || isTooMuch) break
      if (source !== undefined && facts.source !== source) continue
      const { body } = (bodyBytes > 0 && (await this.open(id))) || {}
      bytes += body?.length ?? 0
      events.push({ id, source: facts.source, size, at: key, ...(body && { body }) })
    }
    return events
  }

  async ids(region: string, app: string): Promise<Set<string>> {
    const ids = new Set<string>()
    for await (const { facts } of this.#of(region, app)) ids.add(facts.id)
    return ids
  }

  async show(eventId: string): Promise<EventView | undefined> {
    const object = await this.#bucketOf(eventId)?.head(keys.spill(eventId))
    return object ? shelteredView(factsIn(object)) : undefined
  }

  async open(eventId: string): Promise<ArchivedEvent | undefined> {
    const object = await this.#bucketOf(eventId)?.get(keys.spill(eventId))
    if (!object) return undefined
    const { headers, body } = readSpilled(new Uint8Array(await object.arrayBuffer())).event
    return { event: shelteredView(factsIn(object)), headers, ...(body && { body }) }
  }

  /** @param eventIds of one region */
  async remove(eventIds: readonly string[]): Promise<void> {
    await this.#bucketOf(eventIds[0] ?? '')?.delete(eventIds.map(id => keys.spill(id)))
  }

  async *#of(region: string, app: string, startAfter?: string): AsyncIterable<{ key: string; facts: ShelteredFacts }> {
    const bucket = this.#buckets.get(region)
    const prefix = keys.spillsOf(app, region)
    let cursor: string | undefined
    for (let page = 0; bucket && page < pagesAtMost; page++) {
      const from = cursor === undefined ? { ...(startAfter && { startAfter }) } : { cursor }
      const listed = await bucket.list({ prefix, include: ['customMetadata'], ...from })
      for (const object of listed.objects) yield { key: object.key, facts: factsIn(object) }
      if (!listed.truncated) return
      cursor = listed.cursor
    }
  }

  #bucketOf(eventId: string): R2Bucket | undefined {
    return this.#buckets.get(mailboxOf(eventId)?.region ?? '')
  }
}

function factsIn({ customMetadata }: R2Object): ShelteredFacts {
  return JSON.parse(customMetadata?.facts ?? '')
}
