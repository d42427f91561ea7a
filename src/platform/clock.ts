import type { Clock } from '#core/ports.ts'

/** A `Date` costs more than most of what asks for one, and on Workers many ask within one moment. */
let last = new Date(0)

/** The runtime's clock. On Workers it moves only with input and output. */
export const systemClock: Clock = {
  now() {
    const ms = Date.now()
    if (last.getTime() !== ms) last = new Date(ms)
    return last
  },
}
