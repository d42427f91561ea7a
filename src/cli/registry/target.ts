import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { statePaths } from '../machine/paths.ts'
import { exitCodes, Failure } from '../output.ts'
import { adminInForce, bulkInForce, type InForce, wranglerInForce } from './in-force.ts'

/** Which registry is meant. */
export interface TargetOptions {
  readonly local: boolean
  readonly state: string
  readonly url?: string
}

export function withTarget(command: Command): Command {
  return command
    .option('--local', 'the registry of `npm start` on this machine, running or not', false)
    .option('--state <folder>', 'state folder of `npm start`, with --local', '.gatehouse')
    .option('--url <url>', 'a gateway, at its admin API; without it the deployed registry, with wrangler')
}

/** Where a registry is read: at a gateway that runs, else with wrangler, or in a bulk file. */
export function readFrom({ against, ...options }: TargetOptions & { readonly against?: string }): InForce {
  if (against !== undefined) return bulkInForce(against)
  const gateway = gatewayOf(options)
  if (gateway) return adminInForce(gateway)
  return wranglerInForce(options.local ? { local: true, state: options.state } : { local: false })
}

/** The gateway whose admin API is meant; `undefined` where wrangler is. */
export function gatewayOf({ url, local, state }: TargetOptions): { url: string; state: string } | undefined {
  if (url !== undefined && local) throw new Failure('Give --local or --url, not both.', exitCodes.usage)
  if (url !== undefined) return { url, state }
  const port = local ? runningPort(state) : undefined
  return port === undefined ? undefined : { url: `http://127.0.0.1:${port}`, state }
}

/** The port of the gateway that runs on a state folder. */
function runningPort(state: string): number | undefined {
  try {
    const { pid, port } = JSON.parse(readFileSync(statePaths(state).running, 'utf8')) as { pid: number; port: number }
    process.kill(pid, 0)
    return port
  } catch {
    return undefined
  }
}
