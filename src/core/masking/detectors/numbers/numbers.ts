import { anyOf, type Surroundings } from '../context.ts'
import type { EntityType } from '../entity-types.ts'
import type { Claim } from '../finding.ts'
import { goesOn } from './neighbours.ts'
import { type NumberRow, numberRows } from './rows.ts'
import type { Run } from './runs.ts'

/** No number has more groups: a French one has seven. */
const maxGroups = 8
/** No number has more digits. */
export const maxDigits = 19

/** Finds numbers by their digits: how many there are settles which rows are asked. */
export interface NumberSearch {
  readonly fewestDigits: number
  find(text: string, runs: readonly Run[], near: Surroundings, claims: Claim[]): void
}

/** The search for these types, or undefined if no row is of them. */
export function numberSearch(types: ReadonlySet<EntityType>): NumberSearch | undefined {
  const rows = numberRows.filter(({ type }) => types.has(type))
  if (rows.length === 0) return undefined
  const told = byDigits(rows)
  const untold = byDigits(
    rows.filter(({ needs }) => needs === 'nothing' || needs === 'shape or context').map(({ context, ...row }) => row),
  )
  const anyWord = anyOf(rows.flatMap(({ context }) => context ?? []))
  return {
    fewestDigits: Math.min(...rows.flatMap(({ digits }) => digits)),
    find(text, runs, near, claims) {
      // where no word can be, most rows need not be asked, and the others not for their words
      const tried = near.mayTell(anyWord) ? told : untold
      for (const run of runs) {
        for (let first = 0; first < run.length; first++) {
          if (first === 0 || isOpen(run, first)) windows(text, run, first, tried, near, claims)
        }
      }
    },
  }
}

function byDigits(rows: readonly NumberRow[]): NumberRow[][] {
  return Array.from({ length: maxDigits + 1 }, (_, count) => rows.filter(({ digits }) => digits.includes(count)))
}

/** Every number that begins with this group and may end where it ends. */
function windows(
  text: string,
  run: Run,
  first: number,
  tried: readonly (readonly NumberRow[])[],
  near: Surroundings,
  claims: Claim[],
): void {
  let digits = ''
  const start = run[first]?.start ?? 0
  for (let last = first; last < run.length && last < first + maxGroups; last++) {
    const group = run[last]
    if (!group || (last > first && group.gap.length !== 1)) return
    if (digits.length + group.end - group.start > maxDigits) return
    digits += text.slice(group.start, group.end)
    const rows = tried[digits.length]
    if (!rows || rows.length === 0 || (last + 1 < run.length && !isOpen(run, last + 1))) continue
    const spelling = last === first ? digits : text.slice(start, group.end)
    let claimed: EntityType | undefined
    for (const row of rows) {
      // rows of one type need the same, so another one could not be surer
      if (row.type === claimed) continue
      const priority = rank(row, digits, spelling, near, text, start, group.end)
      if (priority === 0) continue
      claims.push({ type: row.type, start, end: group.end, priority })
      claimed = row.type
    }
  }
}

/** May a number begin or end at this gap? `123-45-6789-0` is one thing, and no part of it is a number. */
function isOpen(run: Run, group: number): boolean {
  const gap = run[group]?.gap ?? ' '
  return gap.includes(' ')
}

/** How sure it is that these digits are what the row says; 0 if they are not. */
function rank(
  row: NumberRow,
  digits: string,
  spelling: string,
  near: Surroundings,
  text: string,
  start: number,
  end: number,
): number {
  const mayBeTold = near.mayTell(row.context)
  if (!mayBeTold && (row.needs === 'context' || row.needs === 'shape and context')) return 0
  const isShaped = row.shape?.test(spelling) ?? false
  const isPlain = row.needs === 'nothing' && (isShaped || spelling.length === digits.length)
  const isTold = mayBeTold && (isShaped || row.needs !== 'shape and context')
  if (!isPlain && !isTold && !(isShaped && row.needs === 'shape or context')) return 0
  // what only a word tells is written without blanks
  if (row.check ? !row.check(digits, spelling) : spelling.includes(' ')) return 0
  const distance = isTold && row.context ? near.distance(row.context, start, end) : undefined
  if (distance !== undefined) return (row.check ? 8 : 4) - distance / 128
  if (isPlain) return 6
  return row.needs === 'shape or context' && isShaped && !goesOn(text, start, end) ? 5.5 : 0
}
