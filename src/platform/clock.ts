import type { Clock } from '#core/ports.ts'

/** The runtime's clock. On Workers it moves only with input and output. */
export const systemClock: Clock = { now: () => new Date() }
