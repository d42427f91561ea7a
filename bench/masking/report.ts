import { figure, table } from '../table.ts'
import type { Measured } from './measure.ts'

/** The figures as a table; a case that falls short of the design says so. */
export function maskingText(cases: readonly Measured[]): string {
  const head = ['body, action', 'MB/s', 'on average', 'values per KB', 'asked for']
  const rows = cases.map(({ name, megabytesPerSecond, onAverage, valuesPerKb, atLeast, kind }) => [
    kind === 'refused' ? `${name} (REFUSED)` : name,
    figure(megabytesPerSecond),
    figure(onAverage),
    figure(valuesPerKb),
    atLeast === undefined ? '' : `${atLeast}${megabytesPerSecond < atLeast ? ' MISSED' : ''}`,
  ])
  return table('Masking in workerd: the fastest round by the clock, and all rounds by processor time', head, rows)
}
