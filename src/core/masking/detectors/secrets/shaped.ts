import type { Surroundings } from '../context.ts'
import type { Claim } from '../finding.ts'
import { shapedSecrets } from './rows.ts'

/** Tokens as long as the rows' ones. */
const token = /(?<![\w+/.~=-])[\w+/.~-]{20,128}={0,2}(?![\w+/~=-])/g

/** Finds secrets by their shape, most of them only beside a word that names them. */
export function shapedSecretsIn(text: string, near: Surroundings, claims: Claim[]): void {
  for (const { 0: found, index } of text.matchAll(token)) {
    const spelling = found.replace(/\.$/, '')
    const end = index + spelling.length
    for (const { subtype, shape, context } of shapedSecrets) {
      if (!shape.test(spelling)) continue
      const distance = context && near.distance(context, index, end)
      if (context && distance === undefined) continue
      claims.push({
        type: 'API_SECRET',
        subtype,
        start: index,
        end,
        priority: distance === undefined ? 9 : 8 - distance / 128,
      })
    }
  }
}
