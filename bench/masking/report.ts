import { figure, table } from '../table.ts'
import type { Measured } from './measure.ts'

/** The figures as a table; a case that falls short of the design says so. */
export function maskingText(cases: readonly Measured[]): string {
  const head = ['body, action', 'MB/s', 'by the clock', 'values per KB', 'asked for']
  const rows = cases.map(({ name, megabytesPerSecond, megabytesPerSecondByClock, valuesPerKb, atLeast, kind }) => [
    kind === 'refused' ? `${name} (REFUSED)` : name,
    figure(megabytesPerSecond),
    figure(megabytesPerSecondByClock),
    figure(valuesPerKb),
    atLeast === undefined ? '' : `${atLeast}${megabytesPerSecond < atLeast ? ' MISSED' : ''}`,
  ])
  return table('Masking in workerd, by the time spent on a processor; the best of the rounds', head, rows)
}
