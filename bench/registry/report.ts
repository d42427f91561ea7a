import { figure, table } from '../table.ts'
import type { RegistryFigure } from './measure.ts'

/** The figures as a table; what takes longer than is asked for says so. */
export function registryText(figures: readonly RegistryFigure[]): string {
  const rows = figures.map(({ what, seconds, atMost }) => [
    what,
    figure(seconds),
    `${atMost}${seconds > atMost ? ' MISSED' : ''}`,
  ])
  return table('Manifests of a registry, from start to end of the command', ['command', 's', 'at most'], rows)
}
