import type { Action } from './action.ts'
import type { Detector } from './detectors/detector.ts'

/** How often values of one type stood at one place, and what became of them. Never a value. */
export interface LineageRow {
  readonly type: string
  /** `*` for an index, and for a name that itself looks like a value; empty for a text without fields. */
  readonly pointer: string
  readonly action: Action
  /** Where the rule stands in the manifest. */
  readonly rule: string
  readonly count: number
}

/** Rows kept for one pass; what comes at further places is counted together under the pointer `/**`. */
const maxRows = 100
const maxNameLength = 64
const maxNames = 1_000

type Counted = { readonly type: string; readonly pointer: string; readonly action: Action; count: number }

/** Where values stand, and what became of them there: a tree by names, so that no pointer is put together twice. */
interface Place {
  readonly pointer: string
  readonly below: Map<string, Place>
  readonly counted: Counted[]
}

/** Counts what a pass does. */
export class Lineage {
  readonly #rule: string
  readonly #detector: Detector
  readonly #rows: Counted[] = []
  readonly #root = placeOf('')
  /** What comes when there are rows enough. */
  readonly #rest = placeOf('/**')
  /** How names of members are shown. */
  readonly #names = new Map<string, string>()

  constructor(rule: string, detector: Detector) {
    this.#rule = rule
    this.#detector = detector
    this.#root.below.set('**', this.#rest)
  }

  add(type: string, action: Action, segments: readonly (string | number)[]): void {
    let place: Place | undefined = this.#root
    for (const segment of segments) place = place && this.#below(place, this.#shown(segment))
    const row = (place && this.#row(place, type, action)) ?? this.#row(this.#rest, type, action)
    if (row) row.count += 1
  }

  get rows(): LineageRow[] {
    return this.#rows.map(row => ({ ...row, rule: this.#rule }))
  }

  get #isFull(): boolean {
    return this.#rows.length >= maxRows
  }

  #below(place: Place, name: string): Place | undefined {
    const known = place.below.get(name)
    if (known || this.#isFull) return known
    const made = placeOf(`${place.pointer}/${name}`)
    place.below.set(name, made)
    return made
  }

  #row(place: Place, type: string, action: Action): Counted | undefined {
    for (const row of place.counted) if (row.type === type && row.action === action) return row
    if (this.#isFull && place !== this.#rest) return undefined
    const row = { type, pointer: place.pointer, action, count: 0 }
    place.counted.push(row)
    this.#rows.push(row)
    return row
  }

  #shown(segment: string | number): string {
    if (typeof segment === 'number' || segment.length > maxNameLength) return '*'
    const known = this.#names.get(segment)
    if (known !== undefined) return known
    const isValue = this.#detector.find(segment).length > 0
    const shown = isValue ? '*' : segment.replaceAll('~', '~0').replaceAll('/', '~1')
    if (this.#names.size < maxNames) this.#names.set(segment, shown)
    return shown
  }
}

function placeOf(pointer: string): Place {
  return { pointer, below: new Map(), counted: [] }
}
