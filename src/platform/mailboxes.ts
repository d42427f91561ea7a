import type { Acceptance, Glance, Glimpse } from '#core/delivery/event.ts'
import { type MailboxAddress, mailboxName, mailboxOf } from '#core/delivery/event-id.ts'
import { Fault } from '#core/fault.ts'
import type { Mailboxes } from '#core/ports.ts'
import { anyRegion } from '#core/residency/regions.ts'
import { within } from '#core/within.ts'
import type { Env, Objects } from './env.ts'
import { answered } from './holders.ts'
import type { MailboxObject } from './mailbox/object.ts'
import { mailboxesOfApp } from './mailboxes-of-app.ts'
import { bucketsOf, objectAt, regionsOf } from './places.ts'
import type { SiblingObject } from './sibling.ts'
import { Spilled } from './spilled.ts'

/** How long a mailbox has to accept an event; vendors give the whole request 3 s and more. */
const acceptTimeoutMs = 2_000

export type MailboxStub = ReturnType<Objects<MailboxObject>['getByName']>
export type SiblingStub = ReturnType<Objects<SiblingObject>['getByName']>

/**
 * The mailboxes behind their stubs. Only the object itself touches its events; this side finds the object
 * that an event id names, and goes over all of an app's where a call is for the app.
 */
export function durableMailboxes(env: Env): Mailboxes {
  const regions = regionsOf(env)
  const spilled = new Spilled(bucketsOf(env))
  const isLocal = env.ENVIRONMENT === 'local'
  const find = (address: MailboxAddress) => objectAt(env.MAILBOX, address, regions, isLocal)
  const findSibling = (address: MailboxAddress) => objectAt(env.SIBLING, address, regions, isLocal)
  const at = (address: MailboxAddress) => there(find(address), address)
  const holders = {
    ...{ home: at, sibling: (address: MailboxAddress) => there(findSibling(address), address) },
    ...{ spilled, regions: [anyRegion, ...regions.keys()] },
  }
  const holding = (eventId: string) => {
    const address = mailboxOf(eventId)
    return address && find(address)
  }
  const siblingOf = (eventId: string) => {
    const address = mailboxOf(eventId)
    return address && findSibling(address)
  }
  const knownOf = async (eventIds: readonly string[]) => {
    const holders = [holding(eventIds[0] ?? ''), siblingOf(eventIds[0] ?? '')]
    return (await Promise.all(holders.map(holder => holder?.known(eventIds) ?? []))).flat()
  }
  const knows = async (eventId: string) =>
    (await knownOf([eventId])).length > 0 || (await spilled.show(eventId)) !== undefined
  async function ofHome<Result>(
    eventId: string,
    ask: (mailbox: MailboxStub, id: string) => Promise<Result>,
  ): Promise<Result | undefined> {
    const home = holding(eventId)
    if (!home) return undefined
    const id = (await home.meant(eventId)) ?? eventId
    const mailbox = holding(id)
    return mailbox && ask(mailbox, id)
  }

  const sheltered = async (eventId: string) => (await siblingOf(eventId)?.show(eventId)) ?? spilled.show(eventId)

  /** The mailbox first: from then on it does not take what others are handing over, and they may forget it. */
  async function forgetIn(address: MailboxAddress | undefined, ids: readonly string[]): Promise<void> {
    const [home, sibling] = address ? [find(address), findSibling(address)] : []
    if (!address || !home || !sibling) return
    const there = await spilled.ids(address.region, address.app)
    const inBucket = ids.filter(id => there.has(id))
    const withSibling = await answered(address, sibling.known(ids))
    await answered(address, home.forget(ids, [...inBucket, ...withSibling]))
    if (withSibling.length > 0) await answered(address, sibling.forget(withSibling))
    if (inBucket.length > 0) await spilled.remove(inBucket)
  }

  /** The mailbox last, since the others hand over to it. */
  async function glimpse(address: MailboxAddress, wanted: Glance): Promise<Glimpse> {
    const asked = at(address)
    const [withSibling, inBucket] = await Promise.all([
      holders.sibling(address).glance(wanted),
      spilled.held(address, wanted),
    ])
    const own = await pastClaims(
      asked,
      () => asked.glance(wanted),
      ({ duplicate }) => elsewhere(duplicate, address),
    )
    const duplicate = own.duplicate ?? withSibling.duplicate ?? inBucket.duplicate
    const isKeyBusy = own.isKeyBusy || withSibling.isKeyBusy || inBucket.isKeyBusy
    return { paused: own.paused, isKeyBusy, ...(duplicate && { duplicate }) }
  }

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
    ...mailboxesOfApp(holders),
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
    glance: (address, wanted) => within(acceptTimeoutMs, glimpse(address, wanted)),
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
      const home = within(
        acceptTimeoutMs,
        ofHome(eventId, (mailbox, id) => mailbox.show(id)),
      )
      const [shown, failure] = await home.then(view => [view, undefined]).catch(error => [undefined, error])
      const view = shown ?? (await sheltered(eventId))
      if (!view && failure) throw new Fault('overloaded', `the mailbox of ${eventId}: ${failure}`)
      return view
    },
    /** What its mailbox has not taken yet is attempted as soon as it has. */
    replay: async eventId => (await ofHome(eventId, (mailbox, id) => mailbox.replay(id))) ?? sheltered(eventId),
    open: async eventId =>
      (await holding(eventId)?.open(eventId)) ?? (await siblingOf(eventId)?.open(eventId)) ?? spilled.open(eventId),
    async forget(eventIds) {
      for (const ids of Map.groupBy(eventIds, nameOf).values()) await forgetIn(mailboxOf(ids[0] ?? ''), ids)
    },
    known: knownOf,
    buried: async eventId => (await holding(eventId)?.buried(eventId)) ?? false,
    notified: async (id, telling) => holding(id)?.notified(id, telling),
    settle: async settlement => holding(settlement.eventId)?.settle(settlement),
  }
}

const nameOf = (eventId: string) => eventId.slice(0, eventId.lastIndexOf('~'))

function there<Stub>(stub: Stub | undefined, address: MailboxAddress): Stub {
  if (!stub) throw new Error(`${mailboxName(address)} is in no region of this gateway`)
  return stub
}

/** The event of another mailbox that this one says it is a duplicate of. */
function elsewhere(found: Acceptance | undefined, { region, app, shard }: MailboxAddress): string | undefined {
  if (found?.kind !== 'duplicate') return undefined
  const other = mailboxOf(found.eventId)
  const isHere = other?.region === region && other.app === app && other.shard === shard
  return isHere ? undefined : found.eventId
}
