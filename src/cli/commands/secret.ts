import { Command } from 'commander'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, Failure, paint, say, sayJson, table } from '../output.ts'

interface SealedView {
  readonly name: string
  readonly sealedAt: string
  readonly sealedBy: string
  readonly ageDays: number
  readonly isCurrentKey: boolean
  readonly lastUsedAt?: string
}

const put = withGateway(new Command('put'))
  .description('seal a secret of an app; the value is read from standard input, never from the command line')
  .argument('<app>', 'app')
  .argument('<name>', 'name, as the manifest writes it')
  .option(
    '--vault <reference>',
    'do not read a value: look it up at vault://<mount>/<path>#<field> whenever it is needed',
  )
  .requiredOption('--reason <text>', 'why; it is recorded')
  .action(async (app: string, name: string, options: GatewayOptions & { vault?: string; reason: string }) => {
    const value = options.vault ?? (await valueFrom(process.stdin))
    if (value === '')
      throw new Failure('The value is empty. Pipe it in: printf %s "$VALUE" | gatehouse secret put …', exitCodes.usage)
    const path = `secrets/${encodeURIComponent(app)}/${encodeURIComponent(name)}?reason=${encodeURIComponent(options.reason)}`
    const answer = (await callAdmin(path, options, { method: 'PUT', body: { value } })) as { sealedAt: string }
    if (options.json) return sayJson(answer)
    say(`${paint('green', 'sealed')} ${name} of ${app}; it is in force everywhere within 5 s.`)
  })

const list = withGateway(new Command('list'))
  .description('names, age and last use of the sealed secrets of an app; never a value')
  .argument('<app>', 'app')
  .action(async (app: string, options: GatewayOptions) => {
    const answer = (await callAdmin(`secrets/${encodeURIComponent(app)}`, options)) as { items: SealedView[] }
    if (options.json) return sayJson(answer)
    if (answer.items.length === 0) return say(`${app} has no sealed secrets.`)
    const rows = answer.items.map(({ name, ageDays, sealedBy, isCurrentKey, lastUsedAt }) => [
      name,
      `${ageDays} d old, by ${sealedBy}`,
      lastUsedAt ? `used ${lastUsedAt}` : paint('yellow', 'never used'),
      isCurrentKey ? '' : paint('yellow', 'sealed by an older key: gatehouse secret reseal'),
    ])
    say(table(rows))
  })

const reseal = withGateway(new Command('reseal'))
  .description('seal again, under the key-encryption key in force, what the one before sealed')
  .requiredOption('--reason <text>', 'why; it is recorded')
  .action(async (options: GatewayOptions & { reason: string }) => {
    const total = { resealed: 0, failed: [] as string[] }
    for (let cursor: string | null = ''; cursor !== null; ) {
      const body = { reason: options.reason, ...(cursor && { cursor }) }
      const page = (await callAdmin('secrets/reseal', options, { method: 'POST', body })) as typeof total & {
        next: string | null
      }
      total.resealed += page.resealed
      total.failed.push(...page.failed)
      cursor = page.next
    }
    if (options.json) sayJson(total)
    else say(`${total.resealed} sealed again.`)
    if (total.failed.length > 0)
      throw new Failure(
        `${total.failed.length} could not be opened by GATEWAY_KEK or GATEWAY_KEK_PREVIOUS: ${total.failed.join(', ')}. Put them anew.`,
      )
  })

/** Everything that comes, without the line end that `echo` and editors leave. */
async function valueFrom(input: NodeJS.ReadStream): Promise<string> {
  if (input.isTTY) throw new Failure('Pipe the value in: printf %s "$VALUE" | gatehouse secret put …', exitCodes.usage)
  let text = ''
  for await (const chunk of input.setEncoding('utf8')) text += chunk
  return text.replace(/\r?\n$/, '')
}

export const secret = new Command('secret')
  .description('secrets of apps, sealed in the registry')
  .addCommand(put)
  .addCommand(list)
  .addCommand(reseal)
