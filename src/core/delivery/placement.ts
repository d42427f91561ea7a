import type { Mailboxes } from '#core/ports.ts'
import type { Acceptance, Glance, IncomingEvent } from './event.ts'
import type { MailboxAddress } from './event-id.ts'
import { homesOf } from './shard.ts'

/** An event before it has a home, and so an id. */
export type Draft = Omit<IncomingEvent, 'id'>

/** Where a source's events live. */
export interface Spread {
  readonly region: string
  readonly app: string
  readonly shards: number
  /** Whether the number of shards may have grown lately, so that what a key had earlier may lie in an earlier home. */
  readonly isSettling: boolean
}

export type Placement =
  | {
      readonly kind: 'home'
      readonly address: MailboxAddress
      /** Another mailbox that keeps the vendor's id as well. */
      readonly idKeeper?: MailboxAddress
      /** Sources that were paused before this home had any; `*` for all. */
      readonly paused?: readonly string[]
    }
  | (Acceptance & { readonly kind: 'duplicate' })

/**
 * The mailbox that an event belongs to. With one shard it is the only one. With several it is found by the
 * order key; else by what makes two requests the same event: the signed bytes where the vendor's id is not
 * signed, or the id. So a replay under a new id comes to the same mailbox, which alone can tell.
 *
 * While the number of shards settles, the earlier homes are asked: for the event, for which it would be a
 * duplicate, and for earlier events of its order key, behind which it must then queue.
 */
export async function placementOf(draft: Draft, spread: Spread, mailboxes: Mailboxes): Promise<Placement> {
  const { region, app, shards, isSettling } = spread
  const at = (shard: number): MailboxAddress => ({ region, app, shard })
  if (shards === 1) return { kind: 'home', address: at(0) }

  const [home, ...earlier] = await homesOf(placingKey(draft), shards)
  const [idHome, ...earlierIdHomes] = await idHomesOf(draft, shards)
  const asked = isSettling ? [...new Set([...earlier, ...earlierIdHomes])] : []
  const glances = await Promise.all(asked.map(shard => mailboxes.glance(at(shard), glanceOf(draft, shards))))
  const duplicate = glances.find(({ duplicate }) => duplicate)?.duplicate
  if (duplicate) return duplicate

  const busy = asked.find((shard, index) => earlier.includes(shard) && glances[index]?.isKeyBusy)
  const paused = [...new Set(glances.flatMap(({ paused }) => paused))]
  const address = at(busy ?? home)
  return {
    kind: 'home',
    address,
    ...(idHome !== undefined && idHome !== address.shard && { idKeeper: at(idHome) }),
    ...(paused.length > 0 && { paused }),
  }
}

function placingKey({ source, orderKey, claims }: Draft): string {
  if (orderKey !== undefined) return `order ${source} ${orderKey}`
  if (claims.signedDigest !== undefined) return `bytes ${claims.signedDigest}`
  return claims.vendorId === undefined ? crypto.randomUUID() : `id ${source} ${claims.vendorId}`
}

/** The homes of an id that the signature does not cover: an event is placed by its bytes then, and its id is kept apart. */
async function idHomesOf({ source, orderKey, claims }: Draft, shards: number): Promise<number[]> {
  const { vendorId, signedDigest } = claims
  if (vendorId === undefined || signedDigest === undefined || orderKey !== undefined) return []
  return homesOf(`id ${source} ${vendorId}`, shards)
}

function glanceOf({ source, orderKey, claims, receivedAtMs, dedupeMs }: Draft, shards: number): Glance {
  return { source, claims, receivedAtMs, dedupeMs, shards, ...(orderKey !== undefined && { orderKey }) }
}
