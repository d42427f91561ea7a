import type { Action } from './action.ts'

/** Where one stands among the rules; the numbers mean something to the `FieldRules` that made them. */
export type Places = readonly number[]

/** Where a text stands in what holds it. */
export interface Where {
  readonly places: Places
  /** The name of the nearest member, field or header around it; empty where there is none. */
  name(): string
  /** Names and indexes from the root. */
  segments(): readonly (string | number)[]
}

interface Place {
  /** The next segment that must come; `undefined` at the end of a rule. */
  readonly segment: string | undefined
  readonly rule: number
}

const nowhere: Places = []

/**
 * Field rules, walked along with a document: `/customer/taxId`, with `*` for one segment and `**` for any number
 * (JSON pointers of RFC 6901 otherwise). A rule holds for everything below its field too. The rule written first
 * wins.
 */
export class FieldRules {
  readonly isEmpty: boolean
  readonly root: Places
  readonly #places: Place[] = []
  readonly #actions: readonly Action[]

  constructor(rules: readonly (readonly [pointer: string, action: Action])[]) {
    this.isEmpty = rules.length === 0
    this.#actions = rules.map(([, action]) => action)
    const starts = rules.map(([pointer], rule) => {
      const start = this.#places.length
      for (const segment of segmentsOf(pointer)) this.#places.push({ segment, rule })
      this.#places.push({ segment: undefined, rule })
      return start
    })
    this.root = this.#withSkips(starts)
  }

  /** The places below a member name or an array index. */
  below(places: Places, name: string): Places {
    if (places.length === 0) return nowhere
    const next: number[] = []
    for (const place of places) {
      const segment = this.#places[place]?.segment
      if (segment === undefined || segment === '**') next.push(place)
      else if (segment === '*' || segment === literal(name)) next.push(place + 1)
    }
    return next.length === 0 ? nowhere : this.#withSkips(next)
  }

  /** What is to become of a value at these places. */
  actionAt(places: Places): Action | undefined {
    let first: number | undefined
    for (const place of places) {
      const found = this.#places[place]
      if (found && found.segment === undefined && (first === undefined || found.rule < first)) first = found.rule
    }
    return first === undefined ? undefined : this.#actions[first]
  }

  /** `**` may also stand for no segment at all. */
  #withSkips(places: readonly number[]): Places {
    const all = new Set(places)
    for (const place of all) if (this.#places[place]?.segment === '**') all.add(place + 1)
    return [...all]
  }
}

/** A text that stands alone. */
export function atRoot(rules: FieldRules): Where {
  return { places: rules.root, name: () => '', segments: () => [] }
}

/** A field of a form or a query, a part of a multipart body, a header. */
export function atName(rules: FieldRules, name: string): Where {
  return { places: rules.below(rules.root, name), name: () => name, segments: () => [name] }
}

/** A literal segment is told from a wildcard by a mark of its own. */
const literal = (name: string) => `=${name}`

function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(segment =>
      segment === '*' || segment === '**' ? segment : literal(segment.replaceAll('~1', '/').replaceAll('~0', '~')),
    )
}
