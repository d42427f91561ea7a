import type { Guard, Hold } from './difference.ts'
import type { Door } from './doors.ts'

/** The guards at one place. The place is told too, so that a guard that is gone from there is missed. */
export function guardsAt(at: string, holds: readonly Hold[]): Guard[] {
  return [{ at, name: '', level: 0 }, ...holds.map(hold => ({ at, ...hold }))]
}

/** The guards of each door; where it stands for several requests, those that all of them meet, as the weakest is. */
export function guardsOf<Decided>(
  doors: readonly Door<Decided>[],
  sentence: (name: string) => string,
  holdsOf: (decided: Decided) => readonly Hold[],
): Guard[] {
  return doors.flatMap(({ name, decided }) => guardsAt(sentence(name), weakest(decided.map(holdsOf))))
}

/** What holds in all of several cases, as strong as in the weakest. */
export function weakest(cases: readonly (readonly Hold[])[]): readonly Hold[] {
  const [first = [], ...others] = cases
  return others.reduce(
    (held, next) =>
      held.flatMap(one => {
        const same = next.find(({ name }) => name === one.name)
        return same ? (same.level < one.level ? same : one) : []
      }),
    first,
  )
}

/** A bound from above: the more it lets through, the lower its level. */
export function atMost(name: string, most: number | undefined, unit = ''): Hold[] {
  return most === undefined ? [] : [{ name, level: -most, shown: `${most}${unit && ` ${unit}`} at most` }]
}

/** Something that is there or not. */
export function holds(name: string, isThere: boolean): Hold[] {
  return isThere ? [{ name, level: 1 }] : []
}
