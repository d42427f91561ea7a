import * as z from 'zod'
import type { StoredEvent } from '#core/delivery/event.ts'
import { Fault } from '#core/fault.ts'
import { atPointer } from '#core/json-pointer.ts'
import { SourceName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import { Why } from './call.ts'

/** Events looked at by one call, and fetched from the mailbox at a time; the caller goes on with `next`. */
const perCall = 2_000
const atOnce = 50

/** What is to be forgotten: all events of an app, those of a source, or those about one person. */
export const PurgeOrder = z.strictObject({
  source: SourceName.optional(),
  subject: z
    .strictObject({
      pointer: z
        .string()
        .max(256)
        .regex(/^(?:\/(?:[^/~]|~[01])*)+$/, { error: 'must be a JSON pointer' }),
      value: z.union([z.string().max(1024), z.number()]),
    })
    .optional(),
  cursor: z.string().max(256).optional(),
  reason: Why,
})

export type PurgeOrder = z.infer<typeof PurgeOrder>

/**
 * Forgets events that match, oldest first, in the mailbox, in the payload store and in the archive. A body
 * is read only to look for the subject; one that is not JSON names nobody.
 *
 * @returns how many were forgotten, and where to go on; `next` is `null` when all have been looked at
 */
export async function purge(
  app: string,
  order: PurgeOrder,
  ports: Ports,
): Promise<{ purged: number; next: string | null }> {
  let after = order.cursor
  let purged = 0
  for (let seen = 0; seen < perCall; seen += atOnce) {
    const { events, next } = await ports.mailboxes.contents(app, { limit: atOnce, ...(after && { after }) })
    const chosen: string[] = []
    for (const event of events) if (await isMeant(event, order, ports)) chosen.push(event.id)
    await forget(chosen, ports)
    purged += chosen.length
    if (next === undefined) return { purged, next: null }
    after = next
  }
  return { purged, next: after ?? null }
}

/**
 * Forgets one event.
 *
 * @throws Fault `not-found`
 */
export async function purgeOne(eventId: string, ports: Ports): Promise<void> {
  if (!(await ports.mailboxes.show(eventId))) throw new Fault('not-found', `no event ${eventId}`)
  await forget([eventId], ports)
}

/** The mailbox last: while it still knows an event, a purge that failed half-way can be made again. */
async function forget(eventIds: readonly string[], { mailboxes, payloads, archive }: Ports): Promise<void> {
  if (eventIds.length === 0) return
  await payloads.remove(eventIds)
  await archive.remove(eventIds)
  await mailboxes.forget(eventIds)
}

async function isMeant({ id, source, body }: StoredEvent, order: PurgeOrder, { payloads }: Ports): Promise<boolean> {
  if (order.source !== undefined && source !== order.source) return false
  if (!order.subject) return true
  const bytes = body ?? new Uint8Array(await new Response(await payloads.get(id)).arrayBuffer())
  return atPointer(parsedOnce(bytes)(), order.subject.pointer) === order.subject.value
}
