import type { Manifest } from '#core/manifest/schema.ts'
import { judge } from './judge.ts'
import { readTarget } from './target.ts'

/** Where an app wanted to go although no rule allows it. */
export interface Place {
  readonly method: string
  readonly origin: string
  /** As a template: what may be anybody's is `*`. */
  readonly path: string
}

/** A place with how often and when it was asked for, over all isolates. */
export interface SoughtPlace extends Place {
  readonly count: number
  readonly lastAt: string
}

/** The places that an app sought in vain, or reached in shadow mode only; kept for 14 days after the last time. */
export interface Places {
  note(app: string, place: Place): void
  list(app: string): Promise<SoughtPlace[]>
}

/** A rule that its author may want to write. */
export interface Suggestion {
  readonly to: string
  readonly count: number
  readonly lastAt: string
}

/** More paths of one origin than this become one rule for what they have in common. */
const maxPaths = 5

/** The smallest rules that would allow what was sought and is still not allowed, the most wanted first. */
export function suggestions(sought: readonly SoughtPlace[], manifest: Manifest, isLocal: boolean): Suggestion[] {
  const open = sought.filter(place => !isAllowed(place, manifest, isLocal))
  return [...grouped(open, ({ origin }) => origin).values()]
    .flatMap(places => rulesFor(places))
    .sort((one, other) => other.count - one.count || one.to.localeCompare(other.to))
}

function rulesFor(places: readonly SoughtPlace[]): Suggestion[] {
  const byPath = grouped(places, ({ path }) => path)
  if (byPath.size > maxPaths) return [ruleFor(commonPath([...byPath.keys()]), places)]
  return [...byPath].map(([path, own]) => ruleFor(path, own))
}

function ruleFor(path: string, places: readonly SoughtPlace[]): Suggestion {
  const methods = [...new Set(places.map(({ method }) => method))].sort().join(',')
  const lastAt = places.reduce((last, place) => (place.lastAt > last ? place.lastAt : last), '')
  const count = places.reduce((sum, place) => sum + place.count, 0)
  return { to: `${methods} ${places[0]?.origin}${path}`, count, lastAt }
}

/** What all paths begin with, to a whole segment, and then anything. */
function commonPath(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map(path => path.split('/').slice(0, -1))
  const length = first.findIndex((segment, at) => others.some(other => other[at] !== segment))
  return `${first.slice(0, length < 0 ? first.length : length).join('/')}/*`
}

function isAllowed({ method, origin, path }: Place, manifest: Manifest, isLocal: boolean): boolean {
  const target = readTarget(origin + path.replaceAll('*', 'x'), { isLocal, ownHosts: [] })
  return typeof target !== 'string' && judge(manifest, method, target).kind === 'allowed'
}

function grouped<Item>(items: readonly Item[], by: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(by(item), [...(groups.get(by(item)) ?? []), item])
  return groups
}
