import { figure, table } from '../table.ts'
import type { ApiFigure, ApiMeasurement } from './measure.ts'

/** What the path through the gateway may cost at most. */
const leastThroughputRatio = 0.8

/** Throughput of the gateway against that of others on the same machine, at least. */
const leastAgainst: Readonly<Record<string, number>> = { 'nginx + njs': 1, Portkey: 4 }

const head = ['target', 'connections', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs', 'throughput', 'CPU']

/** All figures as a table, then what each target does, how they stand to the budgets, and what failed. */
export function apiReportText({ figures, work, absent }: ApiMeasurement): string {
  const title = 'Calls to an API: token, scope, rate limit, forward; against a proxy that checks nothing'
  const gateway = figures.filter(({ target }) => target.startsWith('gateway'))
  const worst = Math.min(...gateway.map(({ throughputRatio }) => throughputRatio))
  const against = Object.keys(work).map(name => {
    const ratios = gateway.flatMap(({ connections, perSecond }) => {
      const other = figures.find(one => one.target === name && one.connections === connections)
      return other && other.perSecond > 0 ? [perSecond / other.perSecond] : []
    })
    const least = ratios.length > 0 ? figure(Math.min(...ratios)) : 'none'
    const budget = leastAgainst[name]
    return `Least throughput against ${name}: ${least}${budget === undefined ? '' : `, budget ${budget}`}\n`
  })
  const lines = [
    figuresTable(title, figures),
    ...Object.entries(work).map(([name, does]) => `${name}: ${does}\n`),
    ...absent.map(({ name, why }) => `Not measured: ${name}: ${why}\n`),
    `Least throughput against the bare proxy: ${figure(worst)}, budget ${leastThroughputRatio}\n`,
    ...against,
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
