import type { Claim } from '../finding.ts'
import { type MarkedSecret, markedSecrets } from './rows.ts'

const escaped = (mark: string) => mark.replaceAll(/[.$+/]/g, '\\$&')
/** `Basic` and `Bearer` name what follows, and are no part of it. */
const scheme = /^(?:basic|bearer) $/i

const rowsOf = new Map<string, { row: MarkedSecret; pattern: RegExp }[]>()
for (const row of markedSecrets) {
  for (const mark of row.marks) {
    const known = rowsOf.get(mark) ?? []
    rowsOf.set(mark, [...known, { row, pattern: new RegExp(`${row.rest.source}(?![A-Za-z\\d])`, 'y') }])
  }
}
const marks = [...rowsOf.keys()].sort((a, b) => b.length - a.length)
const anyMark = new RegExp(`(?<![A-Za-z\\d])(?:${marks.map(escaped).join('|')})`, 'g')

/** Finds secrets by the marks that their vendors give them. */
export function markedSecretsIn(text: string, claims: Claim[]): void {
  anyMark.lastIndex = 0
  for (let match = anyMark.exec(text); match; match = anyMark.exec(text)) {
    const { 0: mark, index } = match
    for (const { row, pattern } of rowsOf.get(mark) ?? []) {
      pattern.lastIndex = index + mark.length
      const rest = pattern.exec(text)?.[0]
      if (rest === undefined || (row.check && !row.check(mark + rest))) continue
      const start = scheme.test(mark) ? index + mark.length : index
      claims.push({
        type: 'API_SECRET',
        subtype: row.subtype,
        start,
        end: index + mark.length + rest.length,
        priority: 9,
      })
      break
    }
    anyMark.lastIndex = index + 1
  }
}
