import type { Attempt, EventView } from '#core/delivery/event.ts'
import type { Seen } from './app.ts'
import { leaseMs } from './gateway.ts'
import type { Accepted } from './vendor.ts'

/** All that is known at the end of a run. */
export interface Evidence {
  readonly accepted: readonly Accepted[]
  /** Every event that the mailbox shows. */
  readonly events: readonly EventView[]
  /** Every request that came to the app. */
  readonly seen: readonly Seen[]
  /** The attempts under a lease when something was killed, as `attemptName` names them. */
  readonly openAtKills: ReadonlySet<string>
  /** From each kill until its leases were read: one that ended meanwhile was open at the kill, and is not among them. */
  readonly unwatched: readonly { readonly fromMs: number; readonly goneMs: number; readonly toMs: number }[]
  readonly nowMs: number
}

export interface Verdict {
  /** Attempts that were under a lease when something was killed. */
  readonly leasesOpenAtKills: number
  /** Attempts whose outcome nobody reported. */
  readonly unknown: number
  /** Deliveries that the app took and had taken already, because the record of the first was lost in a crash. */
  readonly repeats: number
  /** Events that a crash left under a lease which has not ended yet. */
  readonly underLease: number
  /** What must not be; none in a good run. */
  readonly failures: readonly string[]
}

export const attemptName = (eventId: string, n: number) => `${eventId} ${n}`

/** The completeness check: nothing lost, nothing twice, nothing repeated but what a crash explains. */
export function judge(evidence: Evidence): Verdict {
  const { accepted, events, seen, openAtKills, unwatched, nowMs } = evidence
  const known = new Map(events.map(event => [event.id, event]))
  const told = new Set(accepted.map(({ eventId }) => eventId))
  const isOpen = ({ n, at }: Attempt, { id }: EventView) => {
    const startedMs = Date.parse(at)
    const endsMs = startedMs + leaseMs
    const isUnread = unwatched.some(one => startedMs <= one.goneMs && endsMs >= one.fromMs && endsMs <= one.toMs)
    return isUnread || openAtKills.has(attemptName(id, n))
  }
  const isUnderLease = (event: EventView) => {
    const last = event.attempts.at(-1)
    return event.state === 'delivering' && last && isOpen(last, event) && Date.parse(last.at) + leaseMs > nowMs
  }
  const taken = Map.groupBy(
    seen.filter(({ isTaken }) => isTaken),
    ({ eventId }) => eventId,
  )
  const unknown = events.flatMap(event =>
    event.attempts.filter(({ fault }) => fault === 'outcome-unknown').map(attempt => ({ event, attempt })),
  )
  const repeats = unknown.filter(
    ({ event, attempt }) =>
      taken.get(event.id)?.some(one => one.attempt === attempt.n) &&
      taken.get(event.id)?.some(one => one.attempt > attempt.n),
  )
  const few = (what: string, ids: readonly string[]) =>
    ids.length > 0 ? [`${ids.length} ${what}: ${ids.slice(0, 3).join(', ')}`] : []
  const wasDelivered = ({ attempts }: EventView) =>
    attempts.filter(({ status = 0 }) => status >= 200 && status < 300).length

  const cutOff = unknown.filter(({ event, attempt }) => isOpen(attempt, event))
  const leasesOpenAtKills = new Set([
    ...openAtKills,
    ...cutOff.map(({ event, attempt }) => attemptName(event.id, attempt.n)),
  ]).size

  return {
    leasesOpenAtKills,
    unknown: unknown.length,
    repeats: repeats.length,
    underLease: events.filter(isUnderLease).length,
    failures: [
      ...few(
        'accepted events are lost',
        [...told].filter(id => !known.has(id)),
      ),
      ...few('events are shown twice', twice(events.map(({ id }) => id))),
      ...few(
        'webhooks became two events',
        twice([...new Map(accepted.map(one => [`${one.vendorId} ${one.eventId}`, one.vendorId])).values()]),
      ),
      ...few(
        'events were kept of which nobody was told',
        events.filter(({ id }) => !told.has(id)).map(({ id }) => id),
      ),
      ...few(
        'events have not ended',
        events
          .filter(event => event.state !== 'delivered' && !isUnderLease(event))
          .map(({ id, state }) => `${id} (${state})`),
      ),
      ...few(
        'delivered events were never taken by the app',
        events.filter(event => event.state === 'delivered' && !taken.has(event.id)).map(({ id }) => id),
      ),
      ...few(
        'events were attempted again after their success was recorded',
        events.filter(event => wasDelivered(event) > 1).map(({ id }) => id),
      ),
      ...few(
        'attempts came to the app twice',
        twice(seen.map(({ eventId, attempt }) => attemptName(eventId, attempt))),
      ),
      ...few(
        'outcomes are unknown of attempts that no kill has cut off',
        unknown.filter(({ event, attempt }) => !isOpen(attempt, event)).map(({ event }) => event.id),
      ),
      ...(repeats.length > leasesOpenAtKills
        ? [`${repeats.length} repeats with ${leasesOpenAtKills} leases open at the kills`]
        : []),
    ],
  }
}

function twice(names: readonly string[]): string[] {
  return [...Map.groupBy(names, name => name)].flatMap(([name, { length }]) => (length > 1 ? [name] : []))
}
