import type { Claim } from '../finding.ts'
import { Marks } from './marks.ts'
import { type MarkedSecret, markedSecrets } from './rows.ts'

/** `Basic` and `Bearer` name what follows, and are no part of it. */
const scheme = /^(?:basic|bearer) $/i

interface Tried {
  readonly row: MarkedSecret
  readonly rest: RegExp
}

const rowsOf = new Map<string, Tried[]>()
for (const row of markedSecrets) {
  const tried = { row, rest: new RegExp(`(?:${row.rest.source})(?![A-Za-z\\d])`, 'y') }
  for (const mark of row.marks) rowsOf.set(mark, [...(rowsOf.get(mark) ?? []), tried])
}
const marks = new Marks([...rowsOf.keys()])

/** Finds secrets by the marks that their vendors give them. */
export function markedSecretsIn(text: string, claims: Claim[]): void {
  marks.eachIn(text, (mark, index) => {
    for (const { row, rest } of rowsOf.get(mark) ?? []) {
      rest.lastIndex = index + mark.length
      const found = rest.exec(text)?.[0]
      if (found === undefined || (row.check && !row.check(mark + found))) continue
      const start = scheme.test(mark) ? index + mark.length : index
      const end = index + mark.length + found.length
      claims.push({ type: 'API_SECRET', subtype: row.subtype, start, end, priority: 9 })
      return end
    }
    return 0
  })
}
