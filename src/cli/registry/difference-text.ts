import type { Difference } from '#core/change/difference.ts'
import { paint } from '../output.ts'

/** What a change widens and narrows, a line each, for people; what it widens stands first. */
export function differenceLines(differences: readonly Difference[]): string[] {
  return differences.map(({ area, effect, what }) => {
    const isWide = effect === 'widens'
    return `    ${paint(isWide ? 'yellow' : 'green', isWide ? '▲ widens' : '▼ narrows')} ${paint('dim', area)} ${what}`
  })
}
