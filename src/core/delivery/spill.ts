import type { Ports } from '#core/ports.ts'
import type { Acceptance, Sheltered } from './event.ts'
import { mailboxOf } from './event-id.ts'

export type SpillPorts = Pick<Ports, 'mailboxes' | 'spills' | 'counters' | 'log'>

/**
 * Keeps an event whose mailbox gave no answer: with the mailbox's sibling, else in the region's bucket with
 * a message in its queue. Both hand it over under the same id. The mailbox may have kept it all the same,
 * which handing over then finds.
 *
 * @param why what the mailbox failed with
 * @throws when nobody could take it
 */
export async function spill(sheltered: Sheltered, why: unknown, ports: SpillPorts): Promise<Acceptance> {
  const { mailboxes, spills } = ports
  try {
    const acceptance = await mailboxes.shelter(sheltered)
    note('sibling', sheltered, why, ports)
    return acceptance
  } catch (error) {
    const failure = spills.isDurable ? await failureOf(spills.put(sheltered)) : error
    note(failure === undefined ? 'queue' : 'refused', sheltered, failure ?? error, ports)
    if (failure !== undefined) throw failure
    return { kind: 'accepted', eventId: sheltered.event.id }
  }
}

function note(
  step: 'sibling' | 'queue' | 'refused',
  { event }: Sheltered,
  why: unknown,
  { counters, log }: SpillPorts,
): void {
  const { app = '-', region } = mailboxOf(event.id) ?? {}
  counters.count(app, 'spills_total', { step })
  log.write('warn', 'spilled', { eventId: event.id, app, region, step, detail: String(why) })
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
    return undefined
  } catch (error) {
    return error
  }
}
