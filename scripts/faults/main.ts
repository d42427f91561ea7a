import { Command, InvalidArgumentError } from 'commander'
import { paint, say, tell } from '#cli/output.ts'
import { type Report, run } from './run.ts'

/**
 * `npm run faults`: kills the real gateway with SIGKILL at random moments under load, in front of an app that
 * misbehaves, and checks in the end that nothing was lost and nothing repeated without a reason. Ends with 0
 * only if that holds.
 */
const program = new Command('faults')
  .description('kills the gateway at random moments under load, and checks that no event is lost')
  .option('--seconds <number>', 'how long webhooks come and processes are killed', wholeNumber, 120)
  .option('--settle <seconds>', 'how long events may take to end after that', wholeNumber, 120)
  .option('--json', 'one JSON object on stdout instead of text')
  .parse()

const options = program.opts<{ seconds: number; settle: number; json?: true }>()
const report = await run({ seconds: options.seconds, settleSeconds: options.settle }, line =>
  tell(paint('dim', line, process.stderr)),
)
say(options.json ? JSON.stringify(report, null, 2) : text(report))
process.exit(report.failures.length > 0 ? 1 : 0)

function text({ kills, requests, failures, ...report }: Report): string {
  const killed = Object.entries(kills).map(([victim, times]) => `${victim} ${times}`)
  const behaved = Object.entries(requests).map(([how, times]) => `${how} ${times}`)
  return [
    `${report.webhooks} webhooks taken in ${report.seconds} s, ${report.answeredByApp} of them answered by the app; ${report.events} events`,
    `kills: ${killed.join(', ')}; ${report.leasesOpenAtKills} leases were open at them`,
    `requests to the app: ${behaved.join(', ')}`,
    `outcomes unknown: ${report.unknown}; taken by the app again for that: ${report.repeats}; still under a lease: ${report.underLease}`,
    ...(failures.length > 0
      ? failures.map(one => paint('red', `FAILED: ${one}`))
      : [paint('green', 'Nothing lost, nothing repeated without a reason.')]),
  ].join('\n')
}

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('a whole number of seconds')
  return Number(text)
}
