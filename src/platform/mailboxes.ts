import type { Acceptance } from '#core/delivery/event.ts'
import { type MailboxAddress, mailboxName, mailboxOf } from '#core/delivery/event-id.ts'
import type { Mailboxes } from '#core/ports.ts'
import { anyRegion } from '#core/residency/regions.ts'
import { within } from '#core/within.ts'
import type { Env, Objects } from './env.ts'
import type { MailboxObject } from './mailbox/object.ts'
import { mailboxesOfApp } from './mailboxes-of-app.ts'
import { objectAt, regionsOf } from './places.ts'

/** How long a mailbox has to accept an event; vendors give the whole request 3 s and more. */
const acceptTimeoutMs = 2_000

export type MailboxStub = ReturnType<Objects<MailboxObject>['getByName']>

/**
 * The mailboxes behind their stubs. Only the object itself touches its events; this side finds the object
 * that an event id names, and goes over all of an app's where a call is for the app.
 */
export function durableMailboxes(env: Pick<Env, 'MAILBOX' | 'SIBLING' | 'REGIONS' | 'ENVIRONMENT'>): Mailboxes {
  const regions = regionsOf(env)
  const isLocal = env.ENVIRONMENT === 'local'
  const find = (address: MailboxAddress) => objectAt(env.MAILBOX, address, regions, isLocal)
  const at = (address: MailboxAddress): MailboxStub => {
    const mailbox = find(address)
    if (!mailbox) throw new Error(`${mailboxName(address)} is in no region of this gateway`)
    return mailbox
  }
  const holding = (eventId: string) => {
    const address = mailboxOf(eventId)
    return address && find(address)
  }
  const siblingOf = (eventId: string) => {
    const address = mailboxOf(eventId)
    return address && objectAt(env.SIBLING, address, regions, isLocal)
  }
  const knownOf = async (eventIds: readonly string[]) => {
    const holders = [holding(eventIds[0] ?? ''), siblingOf(eventIds[0] ?? '')]
    return (await Promise.all(holders.map(holder => holder?.known(eventIds) ?? []))).flat()
  }
  const knows = async (eventId: string) => (await knownOf([eventId])).length > 0
  /** The event that an id means: mostly its own; the vendor may have been told another. */
  const meant = async (eventId: string) => (await holding(eventId)?.meant(eventId)) ?? eventId

  /** Does what may end at a claim, and again without the claim if its event was never kept. */
  async function pastClaims<Result>(
    mailbox: MailboxStub,
    once: () => Promise<Result>,
    claimant: (result: Result) => string | undefined,
  ): Promise<Result> {
    const result = await once()
    const eventId = claimant(result)
    if (eventId === undefined || (await knows(eventId))) return result
    await mailbox.unclaim(eventId)
    return once()
  }

  return {
    ...mailboxesOfApp(at, [anyRegion, ...regions.keys()]),
    async accept(event, terms, paused) {
      const address = mailboxOf(event.id)
      if (!address) throw new Error(`${event.id} names no mailbox`)
      const home = at(address)
      const accepted = pastClaims(
        home,
        () => home.accept(event, terms, paused),
        acceptance => elsewhere(acceptance, address),
      )
      return within(acceptTimeoutMs, accepted)
    },
    async glance(address, glance) {
      const asked = at(address)
      const seen = pastClaims(
        asked,
        () => asked.glance(glance),
        ({ duplicate }) => elsewhere(duplicate, address),
      )
      return within(acceptTimeoutMs, seen)
    },
    async claim(address, claim) {
      const keeper = at(address)
      return within(
        acceptTimeoutMs,
        pastClaims(
          keeper,
          () => keeper.claim(claim),
          earlier => earlier,
        ),
      )
    },
    async shelter(sheltered) {
      const sibling = siblingOf(sheltered.event.id)
      if (!sibling) throw new Error(`${sheltered.event.id} has no sibling in any region of this gateway`)
      return within(acceptTimeoutMs, sibling.shelter(sheltered))
    },
    alias: async (id, eventId) => holding(id)?.alias(id, eventId),
    async show(eventId) {
      const id = await meant(eventId)
      return (await holding(id)?.show(id)) ?? siblingOf(id)?.show(id)
    },
    async replay(eventId) {
      const id = await meant(eventId)
      return holding(id)?.replay(id)
    },
    open: async eventId => holding(eventId)?.open(eventId),
    async forget(eventIds) {
      await siblingOf(eventIds[0] ?? '')?.forget(eventIds)
      await holding(eventIds[0] ?? '')?.forget(eventIds)
    },
    known: knownOf,
    buried: async eventId => (await holding(eventId)?.buried(eventId)) ?? false,
    notified: async (id, telling) => holding(id)?.notified(id, telling),
    settle: async settlement => holding(settlement.eventId)?.settle(settlement),
  }
}

/** The event of another mailbox that this one says it is a duplicate of. */
function elsewhere(found: Acceptance | undefined, { region, app, shard }: MailboxAddress): string | undefined {
  if (found?.kind !== 'duplicate') return undefined
  const other = mailboxOf(found.eventId)
  const isHere = other?.region === region && other.app === app && other.shard === shard
  return isHere ? undefined : found.eventId
}
