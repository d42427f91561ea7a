import type { FaultCode } from '#core/fault.ts'

/** What the owner of an app is told of. */
export type NoticeType = 'dead-letters' | 'breaker-opened' | 'breaker-closed' | 'paused' | 'resumed' | 'expiring'

/** One thing that happened. Never a payload, nor anything of one. */
export interface Occurrence {
  readonly at: string
  /** Absent where it is about the whole app. */
  readonly source?: string
  readonly eventId?: string
  /** A fault, or an operator's own words. */
  readonly reason?: FaultCode | (string & {})
  readonly attempts?: number
  /** Of an app that ends soon: when, and how many days before that it is said. */
  readonly expiresAt?: string
  readonly days?: number
}

/** What has happened of one type since the last message, gathered into one message. */
export interface Notice {
  /** In the form of an event id, so it names the mailbox; the message's `webhook-id`, the same at every try. */
  readonly id: string
  readonly type: NoticeType
  readonly count: number
  /** How many there were of each source. */
  readonly sources: Readonly<Record<string, number>>
  /** The first of them. */
  readonly events: readonly Occurrence[]
  readonly since: string
  readonly until: string
}

/** How many occurrences a message lists; the others are only counted. */
const listedAtMost = 10

/** A message that says one thing so far. */
export function noticeOf(id: string, type: NoticeType, occurrence: Occurrence): Notice {
  const { at } = occurrence
  return gathered({ id, type, count: 0, sources: {}, events: [], since: at, until: at }, occurrence)
}

/** The message with one occurrence more. */
export function gathered(notice: Notice, occurrence: Occurrence): Notice {
  const { source, at } = occurrence
  const { count, sources, events } = notice
  return {
    ...notice,
    count: count + 1,
    sources: source === undefined ? sources : { ...sources, [source]: (sources[source] ?? 0) + 1 },
    events: events.length < listedAtMost ? [...events, occurrence] : events,
    until: at,
  }
}

/** The message as the owner gets it. `source` stands there when everything in it is of one source. */
export function noticeText(app: string, mailbox: string, notice: Notice): string {
  const { type, count, sources, events, since, until } = notice
  const [only, ...others] = Object.keys(sources)
  const isOfOne = only !== undefined && others.length === 0 && sources[only] === count
  return JSON.stringify({
    type,
    app,
    mailbox,
    ...(isOfOne && { source: only }),
    count,
    sources,
    events,
    since,
    until,
  })
}

/** What became of one try to tell the owner. `unwanted`: the manifest names nobody to tell. */
export type Telling = 'told' | 'unwanted' | 'refused' | 'failed'
