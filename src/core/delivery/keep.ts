import type { Ports } from '#core/ports.ts'
import type { Acceptance, DeliveryTerms, IncomingEvent } from './event.ts'
import { mintEventId } from './event-id.ts'
import { type Draft, placementOf, type Spread } from './placement.ts'
import { type SpillPorts, spill } from './spill.ts'

/** Larger bodies lie in the payload store, since a mailbox row holds at most 2 MB. */
export const rowBodyBytes = 1_048_576

/**
 * Keeps a verified event in its mailbox, or finds the one that it duplicates. Resolves only once the event
 * is on disk. A large body is written first, under the event's id; if the accept gets no answer it stays,
 * since the event may have been kept all the same, and the sweep looks after it.
 *
 * If the mailbox does not answer, others keep the event for it.
 *
 * @throws when no mailbox could be asked, or nobody could take it
 */
export async function keep(
  draft: Draft & { readonly body: Uint8Array },
  spread: Spread,
  termsAt: (shard: number) => DeliveryTerms,
  ports: SpillPorts & Pick<Ports, 'payloads'>,
): Promise<Acceptance> {
  const { mailboxes, payloads } = ports
  const placement = await placementOf(draft, spread, mailboxes)
  if (placement.kind === 'duplicate') return placement
  const { address, idKeeper, paused } = placement
  const id = mintEventId(address, new Date(draft.receivedAtMs))

  if (idKeeper && draft.claims.vendorId !== undefined) {
    const { source, dedupeMs, receivedAtMs } = draft
    const claim = { source, vendorId: draft.claims.vendorId, eventId: id, receivedAtMs, dedupeMs }
    const earlier = await mailboxes.claim(idKeeper, claim)
    if (earlier !== undefined) return { kind: 'duplicate', eventId: earlier, by: 'id' }
  }
  const { body, ...facts } = draft
  const isLarge = body.length > rowBodyBytes
  const event: IncomingEvent = { ...facts, id, ...(!isLarge && { body }) }
  if (isLarge) await payloads.put(id, body)
  const terms = termsAt(address.shard)
  const acceptance = await mailboxes.accept(event, terms, paused).catch(error => {
    const { isSync: _, ...later } = event
    return spill({ event: later, terms, ...(paused && { paused }) }, error, ports)
  })
  if (isLarge && acceptance.kind === 'duplicate') await payloads.remove([id])
  return acceptance
}
