import { Command } from 'commander'
import packageJson from '#package' with { type: 'json' }
import { apps } from './commands/apps.ts'
import { audit } from './commands/audit.ts'
import { build } from './commands/build.ts'
import { diff } from './commands/diff.ts'
import { egress } from './commands/egress.ts'
import { events } from './commands/events.ts'
import { explain } from './commands/explain.ts'
import { login, logout, whoami } from './commands/login.ts'
import { mask } from './commands/mask.ts'
import { policy } from './commands/policy.ts'
import { promote } from './commands/promote.ts'
import { push } from './commands/push.ts'
import { replays } from './commands/replays.ts'
import { secret } from './commands/secret.ts'
import { send } from './commands/send.ts'
import { shadow } from './commands/shadow.ts'
import { sign } from './commands/sign.ts'
import { start } from './commands/start.ts'
import { status } from './commands/status.ts'

/** Every command there is. Nothing runs until it is given arguments. */
export const program = new Command('gatehouse')
  .description('One gate in front of micro-apps: webhooks verified, kept and delivered.')
  .version(packageJson.version)
  .addHelpText('after', '\nExit codes: 0 done, 1 refused, 2 wrong usage, 3 gateway or wrangler out of reach.')
  .addCommand(start)
  .addCommand(build)
  .addCommand(diff)
  .addCommand(push)
  .addCommand(promote)
  .addCommand(status)
  .addCommand(apps)
  .addCommand(audit)
  .addCommand(events)
  .addCommand(egress)
  .addCommand(explain)
  .addCommand(mask)
  .addCommand(policy)
  .addCommand(replays)
  .addCommand(secret)
  .addCommand(send)
  .addCommand(shadow)
  .addCommand(login)
  .addCommand(logout)
  .addCommand(whoami)
  .addCommand(sign)

for (const command of [program, ...program.commands, ...program.commands.flatMap(command => command.commands)])
  command.exitOverride().showHelpAfterError('(--help shows what it takes)')
