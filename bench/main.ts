import { Command } from 'commander'
import { full as apiFull, quick as apiQuick, bareProxyPast, measureApi } from './api/measure.ts'
import { apiFailures, apiReportText, figuresTable } from './api/report.ts'
import { full as egressFull, quick as egressQuick, measureEgress } from './egress/measure.ts'
import type { IsolationFigures } from './isolation.ts'
import { type Machine, machineLine, processorLine, thisMachine } from './machine.ts'
import { failuresOf, isolationFailures, measureIsolationAlone, measureMailbox } from './mailbox.ts'
import { measureMasking } from './masking/measure.ts'
import { maskingText } from './masking/report.ts'
import { full, quick } from './plan.ts'
import { progressOnStderr } from './progress.ts'
import { measureRegistry } from './registry/measure.ts'
import { registryText } from './registry/report.ts'
import { isolationText, type MailboxReport, reportText } from './report.ts'
import { atRates, completeness, throughputs } from './summary.ts'

const program = new Command('bench').description(
  'Measures the gateway on this machine. `npm run bench mailbox`, `npm run bench masking`',
)

program
  .command('mailbox')
  .description('accepting and delivering webhooks, on one mailbox and on sixteen, beside a bare worker')
  .option('--quick', 'about two minutes, and less exact')
  .option('--isolation', 'only what an app that hangs does to another one: under three minutes, with --quick one')
  .option('--json', 'one JSON object on stdout instead of tables')
  .action(mailbox)

program
  .command('masking')
  .description('masking bodies inside workerd: clean ones, ones with ten values per KB, text, events')
  .option('--quick', 'ten rounds of each instead of sixty')
  .option('--json', 'one JSON object on stdout instead of a table')
  .action(masking)

program
  .command('api')
  .description(
    "calls to an app's API, with token, scope and limit, beside a bare proxy on the same workerd, and beside nginx + njs, HAProxy and Portkey where they are installed",
  )
  .option('--quick', 'under four minutes, and less exact')
  .option('--json', 'one JSON object on stdout instead of tables')
  .action(api)

program
  .command('egress')
  .description('calls to the outside, with 10 and with 1,000 rules, beside a bare proxy on the same workerd')
  .option('--quick', 'under a minute, and less exact')
  .option('--json', 'one JSON object on stdout instead of a table')
  .action(egress)

program
  .command('registry')
  .description('building and comparing 10,000 manifests')
  .option('--quick', '1,000 manifests instead')
  .option('--json', 'one JSON object on stdout instead of a table')
  .action(registry)

// An exit, unlike a death by signal, takes down what was started.
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => process.exit(code))
}

await program.parseAsync()

async function registry({ quick, json }: { quick?: true; json?: true }): Promise<void> {
  const machine = await thisMachine(new Date())
  const figures = await measureRegistry(quick ? 1_000 : 10_000, line => process.stderr.write(`${line}\n`))
  const text = `${machineLine(machine)}\n\n${registryText(figures)}`
  process.stdout.write(json ? `${JSON.stringify({ machine, registry: figures }, null, 2)}\n` : `\n${text}`)
}

async function mailbox(options: { quick?: true; isolation?: true; json?: true }): Promise<void> {
  const machine = await thisMachine(new Date())
  const extent = options.quick ? quick : full
  if (options.isolation) return isolation(machine, await measureIsolationAlone(extent, progressOnStderr), options)
  const measured = await measureMailbox(extent, progressOnStderr)
  const { outcomes, variants } = measured
  const report: MailboxReport = {
    machine,
    throughput: throughputs(outcomes),
    atRates: atRates(outcomes),
    completeness: completeness(outcomes),
    variants,
    isolation: measured.isolation,
    failures: failuresOf(measured),
  }
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${reportText(report)}`)
  process.exitCode = report.failures.length > 0 ? 1 : 0
}

function isolation(machine: Machine, figures: IsolationFigures, { json }: { json?: true }): void {
  const failures = isolationFailures(figures)
  const text = `${processorLine(machine)}\n\n${isolationText(figures)}${failures.map(one => `FAILED: ${one}\n`).join('')}`
  process.stdout.write(json ? `${JSON.stringify({ machine, isolation: figures, failures }, null, 2)}\n` : `\n${text}`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

async function masking(options: { quick?: true; json?: true }): Promise<void> {
  const machine = await thisMachine(new Date())
  const cases = await measureMasking(options.quick ? 10 : 60, line => process.stderr.write(`${line}\n`))
  const report = options.json ? JSON.stringify({ machine, cases }, null, 2) : maskingText(cases)
  process.stdout.write(options.json ? `${report}\n` : `\n${machineLine(machine)}\n\n${report}`)
}

async function api(options: { quick?: true; json?: true }): Promise<void> {
  const machine = await thisMachine(new Date())
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const measured = await measureApi(options.quick ? apiQuick : apiFull, say)
  const report = { machine, ...measured, failures: apiFailures(measured.figures) }
  const text = options.json
    ? JSON.stringify(report, null, 2)
    : `\n${machineLine(machine)}\n\n${apiReportText(measured)}`
  process.stdout.write(`${text}\n`)
  process.exitCode = report.failures.length > 0 ? 1 : 0
}

async function egress(options: { quick?: true; json?: true }): Promise<void> {
  const machine = await thisMachine(new Date())
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const figures = await measureEgress(options.quick ? egressQuick : egressFull, say)
  const title = 'Calls to the outside: token, rules, credential, scrubbing, record; against a proxy that checks nothing'
  const report = { machine, figures, failures: apiFailures(figures) }
  const text = options.json
    ? JSON.stringify(report, null, 2)
    : `\n${machineLine(machine)}\n\n${figuresTable(title, figures, bareProxyPast)}\n${report.failures.map(line => `FAILED ${line}\n`).join('')}`
  process.stdout.write(`${text}\n`)
  process.exitCode = report.failures.length > 0 ? 1 : 0
}
