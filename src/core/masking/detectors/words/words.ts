import type { Surroundings } from '../context.ts'
import type { EntityType } from '../entity-types.ts'
import type { Claim } from '../finding.ts'
import { type WordRow, wordRows } from './rows.ts'

/**
 * Finds values of letters and digits, each at the beginning of a word.
 *
 * @param digits how many there are in the text
 */
export type WordSearch = (text: string, digits: number, near: Surroundings, claims: Claim[]) => void

/** Kinds of characters in heads: anything else, capital letter, small letter, digit. */
const headKinds = '-Aa9'
const headLength = 4
const other = 0

interface Tried {
  readonly row: WordRow
  readonly pattern: RegExp
  readonly fewest: number
  readonly most: number
  readonly digits: number
}

/** The search for these types, or undefined if no row is of them. */
export function wordSearch(types: ReadonlySet<EntityType>): WordSearch | undefined {
  const rows = wordRows.filter(({ type }) => types.has(type))
  if (rows.length === 0) return undefined
  const byHead = rowsByHead(
    rows.map(row => ({
      row,
      pattern: new RegExp(`(?:${row.pattern.source})(?![A-Za-z\\d])`, 'y'),
      fewest: row.word[0],
      most: row.word[1],
      digits: row.digits,
    })),
  )
  return (text, digits, near, claims) => {
    for (let start = 0; start < text.length; ) {
      let end = start
      while (kindAt(text, end) !== other) end++
      const length = end - start
      if (length > 0) {
        for (const tried of byHead[headAt(text, start)] as Tried[]) {
          if (digits < tried.digits || length < tried.fewest || length > tried.most) continue
          claim(text, start, tried.row, tried.pattern, near, claims)
        }
      }
      start = end + 1
    }
  }
}

/** Which rows a word may be, by the kinds of its first four characters as one number. */
function rowsByHead(tried: readonly Tried[]): Tried[][] {
  return Array.from({ length: headKinds.length ** headLength }, (_, code) => {
    const kinds = [3, 2, 1, 0].map(place => headKinds[Math.floor(code / 4 ** place) % 4]).join('')
    return tried.filter(({ row }) => row.heads.some(head => kinds.startsWith(head)))
  })
}

function headAt(text: string, start: number): number {
  let code = 0
  for (let index = start; index < start + headLength; index++) code = code * 4 + kindAt(text, index)
  return code
}

const kinds = new Uint8Array(128)
for (const [kind, letters] of [
  '',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  'abcdefghijklmnopqrstuvwxyz',
  '0123456789',
].entries()) {
  for (const letter of letters) kinds[letter.charCodeAt(0)] = kind
}

/** The kind of a character; beyond ASCII, and beyond the text's end, it is another. */
function kindAt(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code < 128 ? (kinds[code] as number) : other
}

function claim(text: string, start: number, row: WordRow, pattern: RegExp, near: Surroundings, claims: Claim[]): void {
  pattern.lastIndex = start
  const spelling = pattern.exec(text)?.[0]
  if (spelling === undefined) return
  const fit = row.check?.(spelling) ?? true
  const end = start + (fit === true ? spelling.length : Number(fit))
  if (end === start || kindAt(text, end) !== other) return
  const distance = row.context && near.distance(row.context, start, end)
  if (!row.isPlain && distance === undefined) return
  const priority = (row.check ? 7 : 3) + (distance === undefined ? 0 : 1 - distance / 128)
  claims.push({ type: row.type, start, end, priority })
}
