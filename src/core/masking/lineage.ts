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

/** Counts what a pass does. */
export class Lineage {
  readonly #rule: string
  readonly #detector: Detector
  readonly #rows = new Map<string, { type: string; pointer: string; action: Action; count: number }>()
  /** How names of members are shown. */
  readonly #names = new Map<string, string>()

  constructor(rule: string, detector: Detector) {
    this.#rule = rule
    this.#detector = detector
  }

  add(type: string, action: Action, segments: readonly (string | number)[]): void {
    let pointer = ''
    for (const segment of segments) pointer += `/${this.#shown(segment)}`
    const row = this.#row(type, action, pointer) ?? this.#row(type, action, '/**', true)
    if (row) row.count += 1
  }

  get rows(): LineageRow[] {
    return [...this.#rows.values()].map(row => ({ ...row, rule: this.#rule }))
  }

  #row(type: string, action: Action, pointer: string, mayExceed = false) {
    const key = `${type} ${action} ${pointer}`
    const known = this.#rows.get(key)
    if (known || (this.#rows.size >= maxRows && !mayExceed)) return known
    const row = { type, pointer, action, count: 0 }
    this.#rows.set(key, row)
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
