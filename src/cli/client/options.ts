import type { Command } from 'commander'

/** What every command takes that talks to a gateway. */
export interface GatewayOptions {
  readonly url: string
  readonly state: string
  readonly json: boolean
}

export function withGateway(command: Command): Command {
  return command
    .option('--url <url>', 'address of the gateway', 'http://127.0.0.1:8787')
    .option('--state <folder>', 'state folder of `npm start`, for its operator token', '.gatehouse')
    .option('--json', 'print the answer as JSON', false)
}

/** By what events are chosen; the flags of a list and of a replay alike. */
export interface ChosenEvents {
  readonly source?: string
  readonly inState?: string
  readonly fault?: string
  readonly from?: string
  readonly to?: string
}

export function withEventFilter(command: Command): Command {
  return command
    .requiredOption('--app <app>', 'app')
    .option('--source <source>', 'only of this source')
    .option('--in-state <state>', 'only in this state: waiting, delivering, delivered, dead, dropped')
    .option('--fault <code>', 'only with this fault')
    .option('--from <time>', 'received at or after, e.g. 2026-11-21T08:00:00Z')
    .option('--to <time>', 'received before')
}

/** The filter in the words of the admin API; what was not asked for is left out. */
export function filterFrom({ source, inState, fault, from, to }: ChosenEvents): Record<string, string> {
  const asked = Object.entries({ source, state: inState, fault, from, to }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(asked) as Record<string, string>
}
