import type { ContentsPage, EventFilter, EventView, StoredEvent } from '#core/delivery/event.ts'
import { homeMailbox, type MailboxAddress, mailboxName, ulidOf } from '#core/delivery/event-id.ts'
import { merged } from '#core/delivery/sheltered.ts'
import { Fault } from '#core/fault.ts'
import type { Contents } from '#core/ports.ts'
import { within } from '#core/within.ts'
import type { MailboxStub, SiblingStub } from './mailboxes.ts'
import type { Spilled } from './spilled.ts'

/** How long one holder may take to show what it holds. */
const readTimeoutMs = 10_000

/** Who may hold events of an app: its mailboxes, their siblings, and the buckets. */
export interface Holders {
  home(address: MailboxAddress): MailboxStub
  sibling(address: MailboxAddress): SiblingStub
  readonly spilled: Spilled
  readonly regions: readonly string[]
}

/**
 * The mailboxes of an app: in each region, those of all shards it ever had there. Shard 0 is asked: it has
 * heard of every other one before that got its first event.
 */
export async function addressesOf(app: string, { home, regions }: Holders): Promise<MailboxAddress[]> {
  const inRegion = async (region: string) => {
    const first = homeMailbox(app, region)
    const count = await answered(first, home(first).shards())
    return Array.from({ length: count }, (_, shard) => ({ region, app, shard }))
  }
  return (await Promise.all(regions.map(inRegion))).flat()
}

/** Events of all holders, newest first; one that is being handed over counts as with its mailbox. */
export async function listed(
  app: string,
  filter: EventFilter,
  { limit, before }: { readonly limit: number; readonly before?: string },
  holders: Holders,
): Promise<EventView[]> {
  const { home, sibling, spilled, regions } = holders
  const addresses = await addressesOf(app, holders)
  const from = (address: MailboxAddress) => ({
    limit,
    ...(before !== undefined && { before: `${mailboxName(address)}~${ulidOf(before)}` }),
  })
  const standIns = await Promise.all([
    ...addresses.map(one => answered(one, sibling(one).list(filter, from(one)))),
    ...regions.map(region => spilled.list(region, app, filter, before)),
  ])
  const homes = await Promise.all(addresses.map(one => answered(one, home(one).list(filter, from(one)))))
  return merged([...homes, ...standIns], limit)
}

/** Events of one holder after the other, the mailboxes last, since the others hand over to them. */
export async function contentsOf(app: string, { after, ...page }: ContentsPage, holders: Holders): Promise<Contents> {
  const { home, sibling, spilled, regions } = holders
  const addresses = await addressesOf(app, holders)
  const rows: readonly (readonly [string, (page: ContentsPage) => Promise<StoredEvent[]>])[] = [
    ...regions.map(
      region => [`bucket:${region}`, (page: ContentsPage) => spilled.contents(region, app, page)] as const,
    ),
    ...addresses.map(
      one =>
        [`sibling:${mailboxName(one)}`, (page: ContentsPage) => answered(one, sibling(one).contents(page))] as const,
    ),
    ...addresses.map(
      one => [`mailbox:${mailboxName(one)}`, (page: ContentsPage) => answered(one, home(one).contents(page))] as const,
    ),
  ]
  const [holder, at = ''] = after?.split('=', 2) ?? []
  const index = Math.max(
    0,
    rows.findIndex(([name]) => name === holder),
  )
  const [name = '', ask] = rows[index] ?? []
  const events = (await ask?.({ ...page, ...(at && { after: at }) })) ?? []
  const last = events.at(-1)?.at
  const following = rows[index + 1]?.[0]
  const next = last !== undefined ? `${name}=${last}` : following && `${following}=`
  return { events: events.map(event => ({ ...event, at: `${name}=${event.at}` })), ...(next && { next }) }
}

/** @throws Fault `overloaded` when the holder fails, or does not answer in time */
export function answered<Result>(address: MailboxAddress, work: Promise<Result>): Promise<Result> {
  return within(readTimeoutMs, work).catch(error => {
    throw new Fault('overloaded', `${mailboxName(address)}: ${error}`)
  })
}
