import { Command } from 'commander'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { type WaitingView, waitingText } from './app-approvals.ts'

type Report = (answer: unknown, options: GatewayOptions) => void

/** What an operator turns, and what it does, in the words of `--help`. */
const turns = {
  kill: 'stop an app at once: every door answers 503 within 5 s',
  revive: 'let a killed app go on',
  quarantine: 'keep the webhooks of an app, and let nothing else in or out',
  release: 'end a quarantine',
} as const

const pauses = {
  pause: 'hold deliveries back: events are still accepted, and keep their order',
  resume: 'let deliveries that were held back go on',
} as const

/** `gatehouse apps kill` and its kin. */
export function appSwitches(report: Report): Command[] {
  const turning = Object.entries(turns).map(([action, description]) =>
    reasoned(action, description).action(async (app: string, options: GatewayOptions & { reason: string }) => {
      const body = { reason: options.reason }
      report(await callAdmin(`apps/${app}/${action}`, options, { method: 'POST', body }), options)
    }),
  )
  const pausing = Object.entries(pauses).map(([action, description]) =>
    reasoned(action, description)
      .option('--source <source>', 'only this source; without it the whole app')
      .action(async (app: string, options: GatewayOptions & { source?: string; reason: string }) => {
        const { source, reason } = options
        const path = source === undefined ? `apps/${app}/${action}` : `apps/${app}/sources/${source}/${action}`
        report(await callAdmin(path, options, { method: 'POST', body: { reason } }), options)
      }),
  )
  return [...turning, ...pausing]
}

/** `gatehouse apps rollback`: an earlier revision in force again. */
export function appRollback(say: (text: string) => void, sayJson: (value: unknown) => void): Command {
  return reasoned('rollback', 'put an earlier revision in force again; `apps revisions` lists them')
    .requiredOption('--digest <digest>', 'the revision, as sha256:…')
    .action(async (app: string, options: GatewayOptions & { digest: string; reason: string }) => {
      const { digest, reason } = options
      const answer = await callAdmin(`apps/${app}/rollback`, options, { method: 'POST', body: { digest, reason } })
      if (options.json) return sayJson(answer)
      const { sequence, expiresAt, pending } = answer as { sequence: number; expiresAt: string; pending?: WaitingView }
      if (pending) return say(waitingText(pending))
      say(`${app} is at ${digest.slice(0, 19)} again, sequence ${sequence}, until ${expiresAt.slice(0, 10)}.`)
    })
}

function reasoned(name: string, description: string): Command {
  return withGateway(new Command(name))
    .description(description)
    .argument('<app>', 'app')
    .requiredOption('--reason <text>', 'why; it is recorded')
}
