import type { Shape } from './load.ts'
import { type TargetName, targetNames } from './stage.ts'

/** One stretch of load on one target. */
export interface Step {
  readonly target: TargetName
  readonly shape: Shape
  readonly round: number
}

export interface Extent {
  readonly closed: { readonly connections: readonly number[]; readonly seconds: number; readonly rounds: number }
  readonly open: { readonly perSecond: readonly number[]; readonly seconds: number; readonly rounds: number }
  /** Of the batches that compare order, shards and sizes. */
  readonly variantRounds: number
  /** Of one app beside another that hangs: the seconds of a slice, of which each round has three. */
  readonly isolation: { readonly perSecond: number; readonly seconds: number; readonly rounds: number }
}

/** About nine minutes. */
export const full: Extent = {
  closed: { connections: [16, 64], seconds: 2, rounds: 3 },
  open: { perSecond: [50, 200, 500, 1000], seconds: 4, rounds: 2 },
  variantRounds: 3,
  isolation: { perSecond: 100, seconds: 3, rounds: 12 },
}

/** About two minutes, and so much less exact. */
export const quick: Extent = {
  closed: { connections: [16, 64], seconds: 1, rounds: 1 },
  open: { perSecond: [200, 1000], seconds: 3, rounds: 1 },
  variantRounds: 1,
  isolation: { perSecond: 100, seconds: 2, rounds: 4 },
}

/** Both workers are run warm first: registry read, code compiled. These figures are not used. */
export const warmUp: readonly Step[] = targetNames.map(target => ({
  target,
  shape: { kind: 'closed', connections: 16, seconds: 1 },
  round: 0,
}))

/** All steps. The targets take turns, so that what else the machine does meets all of them alike. */
export function stepsOf({ closed, open }: Extent): Step[] {
  const closedShapes = closed.connections.map(
    (connections): Shape => ({ kind: 'closed', connections, seconds: closed.seconds }),
  )
  const openShapes = open.perSecond.map((perSecond): Shape => ({ kind: 'open', perSecond, seconds: open.seconds }))
  return [...rounds(closed.rounds, closedShapes), ...rounds(open.rounds, openShapes)]
}

function rounds(count: number, shapes: readonly Shape[]): Step[] {
  return Array.from({ length: count }, (_, round) =>
    shapes.flatMap(shape => targetNames.map(target => ({ target, shape, round }))),
  ).flat()
}
