import { Command } from 'commander'
import type { Suggestion } from '#core/egress/places.ts'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, paint, say, sayJson, table } from '../output.ts'

/** What the gateway makes of a request to the outside. */
interface Explanation {
  readonly decision: 'allow' | 'deny'
  readonly fault?: string
  readonly wouldDeny?: string
  readonly rule?: string
  readonly reason?: string
  readonly credential?: { readonly as: string; readonly secret: string }
}

const check = withGateway(new Command('check'))
  .description('whether an app may go to a URL, and by which rule; nothing is fetched')
  .argument('<app>', 'app')
  .argument('<url>', 'the URL as the app would ask for it')
  .option('--method <method>', 'in capitals', 'GET')
  .action(async (app: string, url: string, options: GatewayOptions & { method: string }) => {
    const request = { method: 'POST', body: { app, url, method: options.method } }
    const answer = (await callAdmin('egress/explain', options, request)) as Explanation
    process.exitCode = answer.decision === 'allow' ? exitCodes.done : exitCodes.refused
    if (options.json) return sayJson(answer)
    say(explanationText(answer))
  })

const suggest = withGateway(new Command('suggest'))
  .description('the smallest rules for what an app was denied lately, or reached in shadow mode only')
  .argument('<app>', 'app')
  .action(async (app: string, options: GatewayOptions) => {
    const query = new URLSearchParams({ app })
    const answer = (await callAdmin(`egress/suggestions?${query}`, options)) as { items: Suggestion[] }
    if (options.json) return sayJson(answer)
    if (answer.items.length === 0) return say('Nothing was denied lately that is not allowed by now.')
    say(
      answer.items
        .map(({ to, count, lastAt }) => `- { to: ${JSON.stringify(to)} } # ${count}, last ${lastAt}`)
        .join('\n'),
    )
  })

export const egress = new Command('egress')
  .description('where apps may go, and where they wanted to')
  .addCommand(check)
  .addCommand(suggest)

function explanationText({ decision, fault, wouldDeny, rule, reason, credential }: Explanation): string {
  const verdict = decision === 'allow' ? paint(wouldDeny ? 'yellow' : 'green', 'allow') : paint('red', 'deny')
  const facts = [
    ['decision', wouldDeny ? `${verdict} (in shadow mode only)` : verdict],
    ...(fault ? [['fault', fault]] : []),
    ...(rule && decision === 'allow' && !wouldDeny ? [['rule', rule]] : []),
    ...(credential ? [['credential', `${credential.secret} as ${credential.as}`]] : []),
    ...(reason ? [['reason', reason]] : []),
  ]
  return table(facts)
}
