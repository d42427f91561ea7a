import { Command } from 'commander'
import type { Difference } from '#core/change/difference.ts'
import type { Pointer } from '#core/manifest/entry.ts'
import { entryStatement } from '#core/manifest/signed.ts'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, Failure, paint, say, sayJson } from '../output.ts'
import { differenceLines } from '../registry/difference-text.ts'
import { readSigner } from '../registry/signer.ts'

/** What waits, as the admin API shows it. */
export interface WaitingView {
  readonly app: string
  readonly digest: string
  readonly publishedBy: string
  readonly reason: string
  readonly reasons: readonly string[]
  readonly needsSignature: boolean
  readonly pointer: Pointer
  readonly differences: readonly Difference[]
}

interface Options extends GatewayOptions {
  readonly digest?: string
  readonly reason: string
}

const deciding = (name: string, description: string) =>
  withGateway(new Command(name))
    .description(description)
    .argument('<app>', 'app')
    .option('--digest <digest>', 'the revision, as sha256:… (default: the only one that waits)')
    .requiredOption('--reason <text>', 'why; it is recorded')

const approve = deciding('approve', 'put in force what somebody else published, and what waits for an approver')
  .option('--key <file>', 'your private key, where entries must be signed')
  .action(async (app: string, options: Options & { key?: string }) => {
    const { digest, needsSignature, pointer } = await waitingOf(app, options)
    if (needsSignature && !options.key)
      throw new Failure(`The entry of ${app} must be signed: name your private key with --key.`, exitCodes.usage)
    const signature = options.key && (await (await readSigner(options.key))(entryStatement(app, pointer)))
    const body = { reason: options.reason, ...(signature && { signature }) }
    const answer = await callAdmin(`apps/${app}/revisions/${digest}/approve`, options, { method: 'POST', body })
    if (options.json) return sayJson(answer)
    say(`${app} is at ${digest.slice(0, 19)}, sequence ${(answer as Pointer).sequence}.`)
  })

const reject = deciding('reject', 'turn down what waits for an approver').action(
  async (app: string, options: Options) => {
    const { digest } = await waitingOf(app, options)
    const body = { reason: options.reason }
    const answer = await callAdmin(`apps/${app}/revisions/${digest}/reject`, options, { method: 'POST', body })
    if (options.json) return sayJson(answer)
    say(`${digest.slice(0, 19)} of ${app} no longer waits.`)
  },
)

export const appApprovals = [approve, reject]

/** What waits and why, in words. */
export function waitingText({ app, digest, publishedBy, reason, reasons, needsSignature, differences }: WaitingView) {
  const why = [...reasons, ...(needsSignature ? ['it must be signed'] : [])]
  return [
    `${paint('yellow', 'waits')} ${app} ${digest.slice(0, 19)} by ${publishedBy}: ${reason}`,
    ...why.map(one => `    for an approver: ${one}`),
    ...differenceLines(differences),
  ].join('\n')
}

async function waitingOf(app: string, options: Options): Promise<WaitingView> {
  const { items } = (await callAdmin(`apps/${app}/revisions`, options)) as {
    items: readonly { readonly pending?: WaitingView }[]
  }
  const waiting = items.flatMap(({ pending }) => pending ?? [])
  const found = waiting.filter(({ digest }) => options.digest === undefined || digest === options.digest)
  const [first] = found
  if (!first) throw new Failure(`Nothing of ${app} waits${options.digest ? ' under this digest' : ''}.`)
  if (found.length > 1) {
    const list = found.map(({ digest, reason }) => `  ${digest}  ${reason}`).join('\n')
    throw new Failure(`Several revisions of ${app} wait; name one with --digest:\n${list}`, exitCodes.usage)
  }
  return first
}
