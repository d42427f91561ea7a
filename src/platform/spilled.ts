import type {
  ArchivedEvent,
  ContentsPage,
  EventFilter,
  EventView,
  Glance,
  Held,
  StoredEvent,
} from '#core/delivery/event.ts'
import { type MailboxAddress, mailboxName, mailboxOf, ulidOf } from '#core/delivery/event-id.ts'
import { heldAmong, matches, type SpilledFacts, shelteredView } from '#core/delivery/sheltered.ts'
import { keys } from '#core/keys.ts'
import { systemClock } from './clock.ts'
import type { Buckets } from './places.ts'
import { readSpilled } from './spills-r2.ts'

/** Pages of 1,000 that one look walks at most. */
const pagesAtMost = 100
/** How long it is remembered that nothing of an app lies in a bucket: listing is what costs, and there hardly ever is. */
const emptyMs = 5_000
const remembered = 1_000

/** Events that lie in the buckets until their mailbox takes them, as far as they are looked at or forgotten. */
export class Spilled {
  readonly #buckets: Buckets
  /** By region and app: when nothing lay there. */
  readonly #empty = new Map<string, number>()

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

  /** What lies here for a mailbox that another event might belong with; an event that came within 5 s may be left out. */
  async held(address: MailboxAddress, wanted: Glance): Promise<Held> {
    const { region, app } = address
    const place = keys.spillsOf(app, region)
    const nowMs = systemClock.now().getTime()
    const sinceMs = nowMs - (this.#empty.get(place) ?? 0)
    if (sinceMs >= 0 && sinceMs < emptyMs) return { isKeyBusy: false }
    const all: SpilledFacts[] = []
    for await (const { facts } of this.#of(region, app)) all.push(facts)
    if (this.#empty.size >= remembered) this.#empty.clear()
    if (all.length === 0) this.#empty.set(place, nowMs)
    return heldAmong(
      all.filter(({ id }) => id.startsWith(`${mailboxName(address)}~`)),
      wanted,
    )
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

  async *#of(region: string, app: string, startAfter?: string): AsyncIterable<{ key: string; facts: SpilledFacts }> {
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

function factsIn({ customMetadata }: R2Object): SpilledFacts {
  return JSON.parse(customMetadata?.facts ?? '')
}
