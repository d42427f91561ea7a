import type { Consignment } from './event.ts'

/** Events that travel in one call to the courier. */
const eventsAtMost = 4
/** An invocation has six, and each is held until its stream ends. */
const connectionsAtMost = 6

/**
 * Shares events out over calls to the courier, in order. One whose body lies in the payload store takes two
 * connections, since its body is still coming in while it goes out; any other takes one.
 */
export function batchesOf(consignments: readonly Consignment[]): Consignment[][] {
  const batches: Consignment[][] = []
  let connections = 0
  for (const consignment of consignments) {
    const more = consignment.body ? 1 : 2
    const last = batches.at(-1)
    if (last && last.length < eventsAtMost && connections + more <= connectionsAtMost) {
      last.push(consignment)
      connections += more
    } else {
      batches.push([consignment])
      connections = more
    }
  }
  return batches
}
