import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { ExplainedVerdict } from '#core/explain/explain.ts'
import type { Decider } from '#core/explain/origin.ts'
import type { Outcome } from '#core/explain/outcome.ts'
import { explainedDoors } from '#core/explain/question.ts'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, Failure, paint, say, sayJson, table } from '../output.ts'

interface Options extends GatewayOptions {
  readonly door: (typeof explainedDoors)[number]
  readonly method?: string
  readonly header: readonly (readonly [string, string])[]
  readonly body?: string
  readonly bodyFile?: string
  readonly address?: string
  readonly as?: string
  readonly scope: readonly string[]
  readonly claim: readonly (readonly [string, string])[]
}

interface Answer extends Outcome {
  readonly region?: string
  readonly stages: readonly { readonly stage: string; readonly policies: readonly (ExplainedVerdict & Decider)[] }[]
}

/** How the place a request goes to is written at each door, as the request that comes to the gateway. */
const requests = {
  apps: (app: string, place: string) => ({ url: `/apps/${app}${place.startsWith('/') ? '' : '/'}${place}` }),
  hooks: (app: string, place: string) => ({ url: `/hooks/${app}/${place}` }),
  egress: (_: string, place: string) => ({ url: '/egress', headers: { 'gatehouse-target': place } }),
} satisfies Record<Options['door'], unknown>

export const explain = withGateway(new Command('explain'))
  .description('what every policy would say of a request, and which field decides; nothing is sent or counted')
  .argument('<app>', 'app')
  .argument('<place>', 'the path in the app; with --door hooks the source, with --door egress the URL')
  .addOption(new Option('--door <door>', 'where it comes in').choices(explainedDoors).default('apps'))
  .option('--method <method>', 'in capitals (default: POST at hooks, else GET)')
  .option('--header <header>', 'a header, e.g. "accept: text/html"; may be repeated', gather(headerFrom), [])
  .option('--body <text>', 'the body')
  .option('--body-file <file>', 'a file with the body')
  .option('--address <address>', "the client's address, as limits count it")
  .option('--as <subject>', 'take it for granted that this caller asks')
  .option('--scope <scope>', 'a scope of that caller; may be repeated', gather(String), [])
  .option('--claim <claim>', 'a claim of that caller, e.g. team=food; may be repeated', gather(claimFrom), [])
  .action(async (app: string, place: string, options: Options) => {
    const question = await questionFrom(app, place, options)
    const answer = (await callAdmin('explain', options, { method: 'POST', body: question })) as Answer
    process.exitCode = answer.decision === 'deny' ? exitCodes.refused : exitCodes.done
    if (options.json) return sayJson(answer)
    say(explanationText(answer))
  })

/** At hooks and at the way out, who asks without headers cannot mean the signature or the token. */
async function questionFrom(app: string, place: string, options: Options) {
  const { door, method, header, body, bodyFile, address, as: subject, scope, claim } = options
  if (body !== undefined && bodyFile !== undefined)
    throw new Failure('Give --body or --body-file, not both.', exitCodes.usage)
  const text = bodyFile === undefined ? body : await readFile(bodyFile, 'utf8').catch(unreadable(bodyFile))
  const { url, headers: own = {} } = requests[door](app, place) as { url: string; headers?: Record<string, string> }
  const isAssumed = subject !== undefined || scope.length > 0 || claim.length > 0
  const as = {
    ...(subject !== undefined && { subject }),
    scopes: scope,
    claims: Object.fromEntries(claim),
  }
  return {
    app,
    door,
    request: {
      url,
      headers: { ...Object.fromEntries(header), ...own },
      ...(method && { method }),
      ...(text !== undefined && { body: text }),
      ...(address !== undefined && { address }),
    },
    ...((isAssumed || (door !== 'apps' && header.length === 0)) && { as }),
  }
}

const colours = { deny: 'red', 'would-deny': 'yellow', unknown: 'yellow', assumed: 'yellow', pass: 'green' } as const

function explanationText({ decision, policy, fault, status, region, stages }: Answer): string {
  const rows = stages.flatMap(({ stage, policies }) =>
    policies.map(one => [
      stage,
      one.policy,
      one.verdict in colours ? paint(colours[one.verdict as keyof typeof colours], one.verdict) : one.verdict,
      one.fault ?? '',
      one.origin,
      one.field ?? '',
      one.detail ?? '',
    ]),
  )
  const because = [fault, status, policy && `by ${policy}`].filter(part => part !== undefined).join(' ')
  const verdict = paint(decision === 'allow' ? 'green' : decision === 'deny' ? 'red' : 'yellow', decision)
  const head = [`decision  ${verdict} ${because}`.trimEnd(), ...(region ? [`region    ${region}`] : [])]
  return [...head, '', table([['stage', 'policy', 'verdict', 'fault', 'origin', 'field', 'why'], ...rows])].join('\n')
}

function gather<Value>(read: (text: string) => Value) {
  return (text: string, before: readonly Value[]) => [...before, read(text)]
}

function headerFrom(text: string): [string, string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write it as "name: value".')
  return [name, value]
}

function claimFrom(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write it as name=value.')
  return [name, value]
}

function unreadable(file: string) {
  return (error: { code: string }): never => {
    throw new Failure(`${file} cannot be read: ${error.code}.`)
  }
}
