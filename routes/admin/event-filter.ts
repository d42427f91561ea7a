import * as z from 'zod'
import { type EventFilter, eventStates } from '#core/delivery/event.ts'
import { SourceName } from '#core/names.ts'

const Time = z.iso.datetime({ offset: true, error: 'must be a time of RFC 3339, such as 2026-11-21T08:00:00Z' })

/** By what events are chosen, in a query and in a replay alike. */
export const EventCriteria = z.strictObject({
  source: SourceName.optional(),
  state: z.enum(eventStates).optional(),
  fault: z.string().max(63).optional(),
  from: Time.optional(),
  to: Time.optional(),
})

/** The same in the words of a mailbox. */
export function filterOf({ from, to, ...rest }: z.infer<typeof EventCriteria>): EventFilter {
  const { source, state, fault } = rest
  return {
    ...(source && { source }),
    ...(state && { state }),
    ...(fault && { fault }),
    ...(from !== undefined && { fromMs: Date.parse(from) }),
    ...(to !== undefined && { toMs: Date.parse(to) }),
  }
}
