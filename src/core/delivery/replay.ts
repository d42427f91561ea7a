import type { EventFilter } from './event.ts'

/** What is to be sent again, and how fast. */
export interface ReplayOrder {
  readonly filter: EventFilter
  readonly perSecond: number
  /** Leaves out an event when a newer one of the same order key has been delivered. */
  readonly skipSuperseded: boolean
}

/** How a replay is getting on. `sent` are those released to their app so far, `skipped` those left out on purpose. */
export interface ReplayView {
  readonly id: string
  readonly state: 'running' | 'done' | 'cancelled'
  readonly matched: number
  readonly sent: number
  readonly skipped: number
  readonly delivered: number
  readonly dead: number
}
