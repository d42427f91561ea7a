import { figure, table } from '../table.ts'
import { type ApiFigure, type ApiMeasurement, bareProxy, bareProxyPast } from './measure.ts'

/** Throughput of the gateway against that of others on the same machine, at least. */
const leastAgainst: Readonly<Record<string, number>> = {
  [bareProxy]: 0.8,
  [bareProxyPast]: 0.8,
  'nginx + njs': 1,
  Portkey: 4,
}

const head = ['target', 'connections', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs', 'throughput', 'CPU']

/** All figures as a table, then what each target does, how they stand to the budgets, and what failed. */
export function apiReportText({ figures, work, absent }: ApiMeasurement): string {
  const title = `Calls to an API: token, scope, rate limit, forward; against a ${bareProxy} that checks nothing`
  const lines = [
    figuresTable(title, figures, bareProxy),
    ...Object.entries(work).map(([name, does]) => `${name}: ${does}\n`),
    ...absent.map(({ name, why }) => `Not measured: ${name}: ${why}\n`),
    ...[bareProxy, ...Object.keys(work)].map(name => leastLine(name, figures)),
    ...apiFailures(figures).map(line => `FAILED ${line}\n`),
  ]
  return lines.join('\n')
}

/** The gateway's throughput against another target in the row where it is least, with that row's interval of 95 %. */
function leastLine(other: string, figures: readonly ApiFigure[]): string {
  const budget = leastAgainst[other]
  const rows = figures
    .filter(({ target }) => target.startsWith('gateway'))
    .flatMap(row => {
      const to = row.throughput[other]
      return to ? [{ ...row, to }] : []
    })
    .sort((one, next) => one.to.ratio - next.to.ratio)
  const [least] = rows
  if (!least) return `Least throughput against ${other}: none\n`
  const { target, connections, to } = least
  const interval = `${figure(to.low)} to ${figure(to.high)}`
  const where = `${target}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
  const aim = budget === undefined ? '' : `, budget ${budget}`
  return `Least throughput against ${other}: ${figure(to.ratio)} (${interval}; ${where})${aim}\n`
}

/**
 * Every figure as a row.
 *
 * @param base the target to which the others' throughput and CPU are put in relation
 */
export function figuresTable(title: string, figures: readonly ApiFigure[], base: string): string {
  const rows = figures.map(one => [
    one.target,
    String(one.connections),
    figure(one.perSecond),
    figure(one.p50Ms),
    figure(one.p99Ms),
    figure(one.cpuMicroseconds),
    `${figure(one.throughput[base]?.ratio ?? Number.NaN)}×`,
    `${figure(one.cpu[base]?.ratio ?? Number.NaN)}×`,
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
