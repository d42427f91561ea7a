import { type Interval, verdictOn } from './interval.ts'
import { type IsolationFigures, stuckEvents } from './isolation.ts'
import { type Machine, machineLine } from './machine.ts'
import type { Latency } from './percentiles.ts'
import type { TargetName } from './stage.ts'
import type { AtRate, Completeness, Throughput } from './summary.ts'
import { figure, table } from './table.ts'
import type { VariantFigures } from './variants.ts'

/** All that a run of the mailbox benchmark has to say. */
export interface MailboxReport {
  readonly machine: Machine
  readonly throughput: readonly Throughput[]
  readonly atRates: readonly AtRate[]
  readonly completeness: readonly Completeness[]
  readonly variants: readonly VariantFigures[]
  readonly isolation: IsolationFigures
  /** Why the figures must not be believed; none in a good run. */
  readonly failures: readonly string[]
}

const names: Readonly<Record<TargetName, string>> = {
  bare: 'bare worker',
  one: 'one mailbox',
  sixteen: '16 mailboxes',
}

/** The report as text, for a terminal or a file. */
export function reportText(report: MailboxReport): string {
  const { machine, throughput, atRates, completeness, variants, isolation, failures } = report
  return [
    `Mailbox benchmark\n${machineLine(machine)}\n`,
    'Load generator, app and both workers share this machine. Events are 1 KiB, signed as GitHub does, all\n' +
      'different; accepted ones are delivered to the app meanwhile (10 at a time per mailbox, signed).\n',
    throughputTable(throughput),
    latencyTable(atRates),
    deliveryTable(atRates.filter(({ target }) => target !== 'bare')),
    completenessTable(completeness),
    variantsTable(variants),
    isolationText(isolation),
    budget(throughput, atRates),
    ...failures.map(failure => `FAILED: ${failure}\n`),
  ].join('\n')
}

function throughputTable(rows: readonly Throughput[]): string {
  return table(
    'Durable accepts per second, closed loop: each connection sends when its last request is answered.\n' +
      'CPU is that of workerd per event; with the gateway it includes the delivery.',
    ['target', 'connections', 'per second', 'slowest', 'fastest', 'to bare', 'CPU µs'],
    rows.map(row => [
      names[row.target],
      String(row.connections),
      row.perSecond.toFixed(0),
      row.slowest.toFixed(0),
      row.fastest.toFixed(0),
      row.ratioToBare.toFixed(2),
      row.cpuMicroseconds.toFixed(0),
    ]),
  )
}

function latencyTable(rows: readonly AtRate[]): string {
  const bareAt = (rate: number) => rows.find(({ target, perSecond }) => target === 'bare' && perSecond === rate)
  return table(
    'Accept latency in ms, open loop: from when a request was due to its 202. The client adds up to 1 ms.',
    ['target', 'rate/s', 'samples', 'p50', 'p90', 'p99', 'max', 'p50 to bare', 'p99 to bare'],
    rows.map(({ target, perSecond, accept }) => [
      names[target],
      String(perSecond),
      String(accept.samples),
      ...[accept.p50, accept.p90, accept.p99, accept.max].map(figure),
      figure(accept.p50 / (bareAt(perSecond)?.accept.p50 ?? Number.NaN)),
      figure(accept.p99 / (bareAt(perSecond)?.accept.p99 ?? Number.NaN)),
    ]),
  )
}

function deliveryTable(rows: readonly AtRate[]): string {
  return table(
    'Delivery latency in ms, in the same open-loop runs: to the arrival at the app. Below zero: the app had\n' +
      'the event before the vendor had its 202.',
    ['target', 'rate/s', '202: p50', 'p99', 'max', 'due: p50', 'p99', 'max', 'CPU µs'],
    rows.map(({ target, perSecond, deliveryFromAnswer, deliveryFromDue, cpuMicroseconds }) => [
      names[target],
      String(perSecond),
      ...[deliveryFromAnswer, deliveryFromDue].flatMap(({ p50, p99, max }) => [p50, p99, max].map(figure)),
      cpuMicroseconds.toFixed(0),
    ]),
  )
}

function completenessTable(rows: readonly Completeness[]): string {
  return table(
    'Were accepted events delivered exactly once? Each run was followed until its mailboxes had drained.',
    ['target', 'accepted', 'came once', 'more often', 'never', 'longest drain s'],
    rows.map(row => [
      names[row.target],
      ...[row.accepted, row.once, row.repeated, row.lost].map(String),
      figure(row.longestDrainSeconds),
    ]),
  )
}

function variantsTable(rows: readonly VariantFigures[]): string {
  return table(
    'Order, shards and sizes: batches of events of 100 order keys, over 16 connections (4 MiB: over 4). Accepted\n' +
      'per second, and delivered per second until the last has arrived.',
    ['kept', 'body', 'accepted/s', 'delivered/s', 'came more often', 'never'],
    rows.map(({ variant, size, acceptedPerSecond, deliveredPerSecond, repeated, lost }) => [
      variant,
      size,
      figure(acceptedPerSecond),
      figure(deliveredPerSecond),
      String(repeated),
      String(lost),
    ]),
  )
}

/** What an app that hangs does to another one; its p99 may grow by 20 % at most. */
export function isolationText(figures: IsolationFigures): string {
  const { latency, besideToAlone, againToAlone, slices, isInMemory, hungRequests, hangingAtOnce } = figures
  const row = (title: string, { samples, p50, p90, p99, max }: Latency, ratio: string) => [
    title,
    String(samples),
    ...[p50, p90, p99, max].map(figure),
    ratio,
  ]
  const between = ({ ratio, low, high }: Interval) => `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
  const lines = table(
    `One app beside another that hangs with ${stuckEvents} events: ms from when a request was due to its arrival at the\n` +
      `app, over ${slices} slices of each in random order, the state ${isInMemory ? 'in memory' : 'on disk'}. ${hungRequests} attempts hung, ${hangingAtOnce} of them or\n` +
      'more at the end of every slice. The ratio is that of the p99s over all slices, with its 95 % interval.',
    ['the app', 'samples', 'p50', 'p90', 'p99', 'max', 'p99 to alone'],
    [
      row('alone', latency.alone, '1'),
      row('alone, once more', latency.again, between(againToAlone)),
      row('beside the one that hangs', latency.beside, between(besideToAlone)),
    ],
  )
  const verdict = verdictOn(besideToAlone, 1.2)
  return `${lines}\nBudget: p99 beside the app that hangs at most 1.20 of that alone: ${verdict}, ${between(besideToAlone)}\n`
}

/** Design, "Budgets": 1,000 accepts a second into one mailbox on two cores; p99 under 50 ms at 200/s. */
function budget(throughput: readonly Throughput[], atRates: readonly AtRate[]): string {
  const best = Math.max(...throughput.filter(({ target }) => target === 'one').map(({ perSecond }) => perSecond))
  const at200 = atRates.find(({ target, perSecond }) => target === 'one' && perSecond === 200)?.accept.p99 ?? Number.NaN
  const verdict = (isMet: boolean) => (isMet ? 'met' : 'missed')
  return (
    `Budget, one mailbox: 1,000 accepts/s ${verdict(best >= 1000)} (${best.toFixed(0)}/s); ` +
    `p99 under 50 ms at 200/s ${verdict(at200 < 50)} (${figure(at200)} ms)\n`
  )
}
