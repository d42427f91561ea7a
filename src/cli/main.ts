#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import packageJson from '#package' with { type: 'json' }
import { apps } from './commands/apps.ts'
import { build } from './commands/build.ts'
import { events } from './commands/events.ts'
import { push } from './commands/push.ts'
import { replays } from './commands/replays.ts'
import { send } from './commands/send.ts'
import { start } from './commands/start.ts'
import { exitCodes, Failure, paint, problemText, sayJson, tell } from './output.ts'

const program = new Command('gatehouse')
  .description('One gate in front of micro-apps: webhooks verified, kept and delivered.')
  .version(packageJson.version)
  .addHelpText('after', '\nExit codes: 0 done, 1 refused, 2 wrong usage, 3 gateway or wrangler out of reach.')
  .addCommand(start)
  .addCommand(build)
  .addCommand(push)
  .addCommand(apps)
  .addCommand(events)
  .addCommand(replays)
  .addCommand(send)

for (const command of [program, ...program.commands, ...program.commands.flatMap(command => command.commands)])
  command.exitOverride().showHelpAfterError('(--help shows what it takes)')

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  if (!(error instanceof Failure)) {
    tell(`${paint('red', 'error', process.stderr)} ${error instanceof Error ? error.message : error}`)
    return exitCodes.refused
  }
  if (process.argv.includes('--json')) sayJson({ error: error.message, faults: error.problems })
  else {
    for (const problem of error.problems) tell(problemText(problem))
    tell(`${paint('red', 'error', process.stderr)} ${error.message}`)
  }
  return error.exitCode
}
