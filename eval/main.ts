import { resolve } from 'node:path'
import { Command } from 'commander'
import { measureEgress, reportText } from './egress.ts'
import { measureMasking } from './masking/measure.ts'
import { isMissed, reportText as maskingText } from './masking/report.ts'

const program = new Command('eval').description('Measures how well the gateway judges, on labelled data.')

program
  .command('egress')
  .description('the guard on the way out: requested URLs, redirects, addresses')
  .argument('[folder]', 'where ssrf-urls.jsonl, redirects.jsonl and ip-classify.jsonl lie', ownVectors())
  .option('--json', 'one JSON object instead of a table')
  .action(async (folder: string, options: { json?: true }) => {
    const scores = await measureEgress(resolve(folder))
    process.stdout.write(options.json ? `${JSON.stringify(scores, null, 2)}\n` : reportText(scores))
    process.exitCode = scores.some(({ wrong }) => wrong.length > 0) ? 1 : 0
  })

program
  .command('masking')
  .description('finding personal data and secrets, beside redact-pii and openredaction')
  .argument(
    '[path]',
    'a file of labelled texts, one JSON object in a line: {text, entities: [{type, start, end}], tags?}',
  )
  .option('--values <count>', 'how many fresh values of each type', '30')
  .option('--seed <number>', 'repeats the fresh values of an earlier run', String(Date.now() % 1_000_000))
  .option('--alone', 'without the other engines, which take most of the time')
  .option('--json', 'one JSON object instead of tables')
  .action(async (path: string | undefined, options: { values: string; seed: string; alone?: true; json?: true }) => {
    const reports = await measureMasking({
      ...(path && { path: resolve(path) }),
      perType: Number(options.values),
      seed: Number(options.seed),
      withOthers: !options.alone,
    })
    process.stdout.write(options.json ? `${JSON.stringify(reports, null, 2)}\n` : maskingText(reports))
    process.exitCode = reports.some(isMissed) ? 1 : 0
  })

await program.parseAsync()

function ownVectors(): string {
  return resolve(import.meta.dirname, '../test/vectors/egress')
}
