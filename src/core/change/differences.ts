import type { Manifest } from '#core/manifest/schema.ts'
import { checkRows } from './checks.ts'
import type { Difference, Guard, Opening, Row } from './difference.ts'
import { egressRows } from './egress.ts'
import { entryRows } from './entry.ts'
import { limitRows } from './limits.ts'
import { maskingRows } from './masking.ts'
import { Side } from './side.ts'
import { standingRows } from './standing.ts'

const rows: readonly Row[] = [...entryRows, ...egressRows, ...maskingRows, ...limitRows, ...standingRows, ...checkRows]

/**
 * What a manifest changes for those outside: who may enter, where the app may go, what is masked, limited, kept
 * where, and for how long. What it widens comes first.
 *
 * @param before the one in force; `undefined`: the app is new, and all it opens is a difference
 * @param word stands for what wildcards and parameters match; nobody may guess it, or a pattern could be made that
 *   differs for every request but this one
 */
export function differences(
  before: Manifest | undefined,
  after: Manifest,
  word = `w${crypto.randomUUID().replaceAll('-', '').slice(0, 15)}`,
): Difference[] {
  const was = before && new Side(before, after, word)
  const is = new Side(after, before ?? after, word)
  const found = rows.flatMap(row => of(row, was, is))
  const first = new Map(found.map(one => [`${one.area} ${one.effect} ${one.what}`, one]))
  const isWide = ({ effect }: Difference) => effect === 'widens'
  return [...first.values()].sort((one, other) => Number(isWide(other)) - Number(isWide(one)))
}

function of(row: Row, before: Side | undefined, after: Side): Difference[] {
  const { area } = row
  const difference = (effect: Difference['effect'], what: string): Difference => ({ area, effect, what })
  if ('opens' in row) {
    const had = byKey(before ? row.opens(before) : [])
    const has = byKey(row.opens(after))
    const only = (one: typeof has, other: typeof has) => [...one].flatMap(([key, what]) => (other.has(key) ? [] : what))
    return [
      ...only(has, had).map(what => difference('widens', what)),
      ...only(had, has).map(what => difference('narrows', what)),
    ]
  }
  if (!before) return []
  const had = byPlace(row.guards(before))
  const has = byPlace(row.guards(after))
  return [...had.keys()].flatMap(at => {
    const [old, fresh] = [had.get(at), has.get(at)]
    if (!old || !fresh) return []
    return [...new Set([...old.keys(), ...fresh.keys()])].flatMap(name => {
      const [was, is] = [old.get(name), fresh.get(name)]
      const change = (is?.level ?? Number.NEGATIVE_INFINITY) - (was?.level ?? Number.NEGATIVE_INFINITY)
      return change === 0 ? [] : difference(change < 0 ? 'widens' : 'narrows', sentence(at, name, was, is))
    })
  })
}

function sentence(at: string, name: string, was: Guard | undefined, is: Guard | undefined): string {
  const shown = (guard: Guard | undefined) => guard?.shown ?? (guard ? 'yes' : 'no')
  return `${at}: ${name}: ${shown(was)} → ${shown(is)}`
}

function byKey(openings: Iterable<string | Opening>): Map<string, string> {
  return new Map([...openings].map(one => (typeof one === 'string' ? [one, one] : [one.key, one.what])))
}

function byPlace(guards: Iterable<Guard>): Map<string, Map<string, Guard>> {
  const places = new Map<string, Map<string, Guard>>()
  for (const guard of guards) {
    const here = places.get(guard.at) ?? new Map<string, Guard>()
    places.set(guard.at, here)
    if (guard.name !== '') here.set(guard.name, guard)
  }
  return places
}
