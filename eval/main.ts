import { resolve } from 'node:path'
import { Command } from 'commander'
import { measureEgress, reportText } from './egress.ts'

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

await program.parseAsync()

function ownVectors(): string {
  return resolve(import.meta.dirname, '../test/vectors/egress')
}
