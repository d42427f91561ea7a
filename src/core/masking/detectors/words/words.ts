import type { Surroundings } from '../context.ts'
import type { EntityType } from '../entity-types.ts'
import type { Claim } from '../finding.ts'
import { type WordRow, wordRows } from './rows.ts'

/** Finds values of letters and digits, each at the beginning of a word. */
export type WordSearch = (text: string, near: Surroundings, claims: Claim[]) => void

/** The search for these types, or undefined if no row is of them. */
export function wordSearch(types: ReadonlySet<EntityType>): WordSearch | undefined {
  const rows = wordRows.filter(({ type }) => types.has(type))
  if (rows.length === 0) return undefined
  const tried = rows.map(row => ({ row, pattern: new RegExp(`(?:${row.pattern.source})(?![A-Za-z\\d])`, 'y') }))
  // one expression looks for all of them at once, and only where it stops each row is asked
  const any = new RegExp(
    `(?<![A-Za-z\\d])(?:${rows.map(({ pattern }) => pattern.source).join('|')})(?![A-Za-z\\d])`,
    'g',
  )
  return (text, near, claims) => {
    any.lastIndex = 0
    for (let match = any.exec(text); match; match = any.exec(text)) {
      for (const { row, pattern } of tried) claim(text, match.index, row, pattern, near, claims)
      any.lastIndex = match.index + 1
    }
  }
}

function claim(text: string, start: number, row: WordRow, pattern: RegExp, near: Surroundings, claims: Claim[]): void {
  pattern.lastIndex = start
  const spelling = pattern.exec(text)?.[0]
  if (spelling === undefined) return
  const fit = row.check?.(spelling) ?? true
  const end = start + (fit === true ? spelling.length : Number(fit))
  if (end === start || isInWord(text, end)) return
  const distance = row.context && near.distance(row.context, start, end)
  if (!row.isPlain && distance === undefined) return
  const sure = row.check ? 8 : 4
  claims.push({ type: row.type, start, end, priority: distance === undefined ? sure : sure - distance / 128 })
}

/** Does a word go on here? */
function isInWord(text: string, index: number): boolean {
  return /[A-Za-z\d]/.test(text.charAt(index))
}
