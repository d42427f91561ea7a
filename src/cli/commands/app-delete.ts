import { Command } from 'commander'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { say, sayJson } from '../output.ts'

interface DeleteOptions extends GatewayOptions {
  readonly reason: string
  readonly force?: true
}

/** `gatehouse apps delete`: an app out of the registry. */
export const appDelete = withGateway(new Command('delete'))
  .description('take an app out of the registry and leave it killed; refused while something depends on it')
  .argument('<app>', 'app')
  .requiredOption('--reason <text>', 'why; it is recorded')
  .option('--force', 'also while something depends on it')
  .action(async (app: string, options: DeleteOptions) => {
    const query = new URLSearchParams({ reason: options.reason, ...(options.force && { force: 'true' }) })
    const answer = await callAdmin(`apps/${app}?${query}`, options, { method: 'DELETE' })
    if (options.json) return sayJson(answer)
    say(`${app} is deleted, and stays killed: once published again it waits for \`gatehouse apps revive\`.`)
  })
