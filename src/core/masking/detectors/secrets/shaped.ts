import type { Surroundings } from '../context.ts'
import type { Claim } from '../finding.ts'
import { shapedSecrets } from './rows.ts'

/** Tokens as long as the rows' ones. */
export const shortestShaped = 20
const token = /(?<![\w+/.~-])[\w+/.~-]{20,128}={0,2}(?![\w+/~=-])/g

/** Any word that names any of them: most of what has a shape stands beside none. */
const anyName = new RegExp(shapedSecrets.flatMap(({ context }) => context?.source ?? []).join('|'), 'gu')

/** Finds secrets by their shape, most of them only beside a word that names them. */
export function shapedSecretsIn(text: string, near: Surroundings, claims: Claim[]): void {
  token.lastIndex = 0
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const spelling = match[0].endsWith('.') ? match[0].slice(0, -1) : match[0]
    const start = match.index
    const end = start + spelling.length
    for (const { subtype, shape, length, context } of shapedSecrets) {
      if (spelling.length < length[0] || spelling.length > length[1] || !shape.test(spelling)) continue
      const isNamed = context && near.distance(anyName, start, end) !== undefined
      const distance = isNamed ? near.distance(context, start, end) : undefined
      if (context && distance === undefined) continue
      claims.push({
        type: 'API_SECRET',
        subtype,
        start,
        end,
        priority: distance === undefined ? 9 : 8 - distance / 128,
      })
    }
  }
}
