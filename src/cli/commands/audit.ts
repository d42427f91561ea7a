import { Command } from 'commander'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { Failure, paint, say, sayJson, table } from '../output.ts'

/** A record as the admin API shows it. */
interface RecordView {
  readonly auditseq: number
  readonly time: string
  readonly type: string
  readonly data: { readonly actor: string; readonly reason?: string }
}

interface Options extends GatewayOptions {
  readonly app?: string
}

const list = withGateway(new Command('list'))
  .description('who did what, newest first')
  .option('--app <app>', 'of this app; without it what concerns the fleet')
  .option('--limit <count>', 'at most so many, 1 to 500', '50')
  .option('--cursor <number>', 'only records older than this one')
  .action(async (options: Options & { limit: string; cursor?: string }) => {
    const { app, limit, cursor } = options
    const query = new URLSearchParams({ limit, ...(app && { app }), ...(cursor && { cursor }) })
    const page = (await callAdmin(`audit?${query}`, options)) as { items: RecordView[]; next: string | null }
    if (options.json) return sayJson(page)
    if (page.items.length === 0) return say('Nothing is recorded.')
    say(
      table(
        page.items.map(({ auditseq, time, type, data }) => [
          paint('dim', String(auditseq)),
          time,
          type,
          data.actor,
          data.reason ?? '',
        ]),
      ),
    )
    if (page.next) say(`\nMore with --cursor ${page.next}.`)
  })

const verify = withGateway(new Command('verify'))
  .description('whether the record is whole: nothing edited, removed or moved')
  .option('--app <app>', 'of this app; without it what concerns the fleet')
  .action(async (options: Options) => {
    const query = new URLSearchParams(options.app ? { app: options.app } : {})
    const verdict = (await callAdmin(`audit/verify?${query}`, options)) as {
      ok: boolean
      records: number
      brokenAt?: number
    }
    if (options.json) sayJson(verdict)
    else if (verdict.ok) say(`${paint('green', 'whole')}: ${verdict.records} records`)
    if (!verdict.ok) throw new Failure(`The record is broken at number ${verdict.brokenAt}.`)
  })

export const audit = new Command('audit')
  .description('who did what to an app, and whether the record is whole')
  .addCommand(list)
  .addCommand(verify)
