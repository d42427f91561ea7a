import type { Surroundings } from '../context.ts'
import type { Claim } from '../finding.ts'
import { shapedSecrets } from './rows.ts'

/** Tokens as long as the rows' ones. */
export const shortestShaped = 20
const token = /(?<![\w+/.~-])[\w+/.~-]{20,128}={0,2}(?![\w+/~=-])/g

const ownShapes = shapedSecrets.filter(({ context }) => context === undefined)
const namedShapes = shapedSecrets.flatMap(row => (row.context ? [{ ...row, context: row.context }] : []))
/** Most long words have no shape of these, and most of what has one stands beside no such name. */
const anyShape = new RegExp(shapedSecrets.map(({ shape }) => shape.source).join('|'))
const anyName = new RegExp(namedShapes.map(({ context }) => context.source).join('|'), 'gu')

/** Finds secrets by their shape, most of them only beside a word that names them. */
export function shapedSecretsIn(text: string, near: Surroundings, claims: Claim[]): void {
  token.lastIndex = 0
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const spelling = match[0].endsWith('.') ? match[0].slice(0, -1) : match[0]
    if (!anyShape.test(spelling)) continue
    const { index } = match
    const end = index + spelling.length
    const claim = (subtype: string, priority: number) =>
      claims.push({ type: 'API_SECRET', subtype, start: index, end, priority })
    for (const { subtype, shape } of ownShapes) if (shape.test(spelling)) claim(subtype, 9)
    if (near.distance(anyName, index, end) === undefined) continue
    for (const { subtype, shape, context } of namedShapes) {
      const distance = shape.test(spelling) ? near.distance(context, index, end) : undefined
      if (distance !== undefined) claim(subtype, 8 - distance / 128)
    }
  }
}
