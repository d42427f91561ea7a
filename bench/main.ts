import { Command } from 'commander'
import { thisMachine } from './machine.ts'
import { failuresOf, measureMailbox } from './mailbox.ts'
import { full, quick } from './plan.ts'
import { progressOnStderr } from './progress.ts'
import { type MailboxReport, reportText } from './report.ts'
import { atRates, completeness, throughputs } from './summary.ts'

const program = new Command('bench').description('Measures the gateway on this machine. `npm run bench mailbox`')

program
  .command('mailbox')
  .description('accepting and delivering webhooks, on one mailbox and on sixteen, beside a bare worker')
  .option('--quick', 'under a minute, and less exact')
  .option('--json', 'one JSON object on stdout instead of tables')
  .action(mailbox)

// An exit, unlike a death by signal, takes down what was started.
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => process.exit(code))
}

await program.parseAsync()

async function mailbox(options: { quick?: true; json?: true }): Promise<void> {
  const machine = await thisMachine(new Date())
  const outcomes = await measureMailbox(options.quick ? quick : full, progressOnStderr)
  const report: MailboxReport = {
    machine,
    throughput: throughputs(outcomes),
    atRates: atRates(outcomes),
    completeness: completeness(outcomes),
    failures: failuresOf(outcomes),
  }
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${reportText(report)}`)
  process.exitCode = report.failures.length > 0 ? 1 : 0
}
