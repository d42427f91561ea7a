import { figure, table } from '../table.ts'
import type { ApiFigure } from './measure.ts'

/** What the path through the gateway may cost at most (docs/performance.md). */
const leastThroughputRatio = 0.8

const head = ['target', 'connections', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs', 'throughput', 'CPU']

/** All figures as a table, then how they stand to the budget, then what failed. */
export function apiReportText(figures: readonly ApiFigure[]): string {
  const title = 'Calls to an API: token, scope, rate limit, forward; against a proxy that checks nothing'
  const gateway = figures.filter(({ target }) => target !== 'bare proxy')
  const worst = Math.min(...gateway.map(({ throughputRatio }) => throughputRatio))
  const lines = [
    figuresTable(title, figures),
    `Least throughput against the bare proxy: ${figure(worst)}, budget ${leastThroughputRatio}\n`,
    ...apiFailures(figures).map(line => `FAILED ${line}\n`),
  ]
  return lines.join('\n')
}

/** Every figure as a row. */
export function figuresTable(title: string, figures: readonly ApiFigure[]): string {
  const rows = figures.map(one => [
    one.target,
    String(one.connections),
    figure(one.perSecond),
    figure(one.p50Ms),
    figure(one.p99Ms),
    figure(one.cpuMicroseconds),
    `${figure(one.throughputRatio)}×`,
    `${figure(one.cpuRatio)}×`,
  ])
  return table(title, head, rows)
}

/** Why the figures must not be believed. */
export function apiFailures(figures: readonly ApiFigure[]): string[] {
  return figures
    .filter(({ errors }) => errors.length > 0)
    .map(
      ({ target, connections, errors }) =>
        `${target}, ${connections} connections: ${errors.length} requests failed, the first with ${errors[0]}`,
    )
}
