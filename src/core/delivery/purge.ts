import { Fault } from '#core/fault.ts'
import { atPointer } from '#core/json-pointer.ts'
import type { BodyBudget } from '#core/pipeline/body.ts'
import type { Contents, Ports } from '#core/ports.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import type { ContentsPage, StoredEvent } from './event.ts'

/** Events, and bytes of bodies, that one call looks at; the caller goes on with `next`. */
const eventsPerCall = 2_000
const bytesPerCall = 67_108_864
/** Events, and bytes of bodies that lie with them, fetched at a time. */
const eventsAtOnce = 50
const bytesAtOnce = 4_194_304

/** What is to be forgotten: all events of an app, those of a source, or those about one person. */
export interface Purge {
  readonly source?: string | undefined
  readonly subject?: { readonly pointer: string; readonly value: string | number } | undefined
  /** The `next` of an earlier call. */
  readonly cursor?: string | undefined
}

type Needed = Pick<Ports, 'mailboxes' | 'payloads' | 'archive' | 'bodies'>

interface Shelf {
  contents(app: string, page: ContentsPage, ports: Needed): Promise<Contents>
  /** The bytes of an event that did not bring them along; `undefined` when they are gone. */
  body(event: StoredEvent, ports: Needed): Promise<Uint8Array | undefined>
}

/** Where events lie, each before the one where its events stay on when it has forgotten them. */
const shelves: Readonly<Record<string, Shelf>> = {
  events: {
    contents: (app, page, { mailboxes }) => mailboxes.contents(app, page),
    body: ({ id }, { payloads }) => payloads.bytes(id),
  },
  letters: {
    contents: (app, page, { archive }) => archive.contents(app, page),
    body: ({ id }, { archive }) => archive.body(id),
  },
}

/** The names of the shelves, as a cursor begins with one. */
export const shelfNames: readonly string[] = Object.keys(shelves)

interface Place {
  readonly shelf: string
  readonly after?: string | undefined
}

/** What became of one page. `isFull`: the isolate held too many bodies to go on. */
interface Look {
  readonly chosen: readonly string[]
  readonly seen: number
  readonly bytes: number
  readonly isFull: boolean
  /** Absent: all have been looked at. */
  readonly next?: Place | undefined
}

/**
 * Forgets events that match, wherever they lie: in the mailboxes, with those who hold them for a mailbox, in
 * the payload store and in the archive. A body is read only to look for the subject, within the isolate's
 * budget of bodies; one that is not JSON names nobody.
 *
 * @returns how many were forgotten, and where to go on; `next` is `null` when all have been looked at
 * @throws Fault `overloaded` when a holder does not answer, or the budget leaves no room at all. What was
 *   forgotten until then is; the same call may be made again.
 */
export async function purge(
  app: string,
  order: Purge,
  ports: Needed,
): Promise<{ purged: number; next: string | null }> {
  const start = placeOf(order.cursor)
  let place: Place | undefined = start
  let purged = 0
  for (let seen = 0, bytes = 0; place && seen < eventsPerCall && bytes < bytesPerCall; ) {
    const look: Look = await lookedAt(app, place, order, ports)
    await forget(look.chosen, ports)
    purged += look.chosen.length
    seen += look.seen
    bytes += look.bytes
    if (look.isFull && look.next === start) throw full(ports.bodies)
    place = look.next
    if (look.isFull) break
  }
  return { purged, next: place ? `${place.shelf} ${place.after ?? ''}` : null }
}

/**
 * Forgets one event, by any of its names.
 *
 * @throws Fault `not-found`
 */
export async function purgeOne(eventId: string, ports: Needed): Promise<void> {
  const shown = await ports.mailboxes.show(eventId)
  if (!shown && !(await ports.archive.holds(eventId))) throw new Fault('not-found', `no event ${eventId}`)
  await forget([shown?.id ?? eventId], ports)
}

/** The mailbox last: while it still knows an event, a purge that failed half-way can be made again. */
async function forget(eventIds: readonly string[], { mailboxes, payloads, archive }: Needed): Promise<void> {
  if (eventIds.length === 0) return
  await payloads.remove(eventIds)
  await archive.remove(eventIds)
  await mailboxes.forget(eventIds)
}

async function lookedAt(app: string, place: Place, { source, subject }: Purge, ports: Needed): Promise<Look> {
  const { bodies } = ports
  const shelf = shelves[place.shelf]
  const bodyBytes = subject ? bytesAtOnce : 0
  if (!shelf) return { chosen: [], seen: 0, bytes: 0, isFull: false }
  if (!bodies.take(bodyBytes)) return { chosen: [], seen: 0, bytes: 0, isFull: true, next: place }
  try {
    const { events, next } = await shelf.contents(
      app,
      {
        limit: eventsAtOnce,
        ...(place.after && { after: place.after }),
        ...(source !== undefined && { source }),
        ...(subject && { bodyBytes }),
      },
      ports,
    )
    const chosen: string[] = []
    let bytes = 0
    let here = place
    for (const event of events) {
      const isMeant = subject ? await isAbout(subject, event, shelf, ports) : true
      if (isMeant === undefined) return { chosen, seen: events.length, bytes, isFull: true, next: here }
      if (isMeant) chosen.push(event.id)
      if (subject) bytes += event.size
      here = { shelf: place.shelf, after: event.at }
    }
    return { chosen, seen: events.length, bytes, isFull: false, next: nextPlace(place.shelf, next) }
  } finally {
    bodies.give(bodyBytes)
  }
}

/** @returns `undefined` when there is no room to read its bytes */
async function isAbout(
  { pointer, value }: NonNullable<Purge['subject']>,
  event: StoredEvent,
  shelf: Shelf,
  ports: Needed,
): Promise<boolean | undefined> {
  const extraBytes = event.body ? 0 : event.size
  if (!ports.bodies.take(extraBytes)) return undefined
  try {
    const bytes = event.body ?? (await shelf.body(event, ports))
    const found = bytes && atPointer(parsedOnce(bytes)(), pointer)
    return (typeof found === 'string' || typeof found === 'number') && String(found) === String(value)
  } finally {
    ports.bodies.give(extraBytes)
  }
}

function placeOf(cursor: string | undefined): Place {
  const [shelf = '', after] = cursor?.split(' ', 2) ?? []
  return cursor === undefined ? { shelf: shelfNames[0] ?? '' } : { shelf, after }
}

function nextPlace(shelf: string, after: string | undefined): Place | undefined {
  if (after !== undefined) return { shelf, after }
  const following = shelfNames[shelfNames.indexOf(shelf) + 1]
  return following === undefined ? undefined : { shelf: following }
}

function full(bodies: BodyBudget): Fault {
  return new Fault('overloaded', `this isolate holds ${bodies.heldBytes} bytes of bodies`)
}
