import { Command } from 'commander'
import packageJson from '#package' with { type: 'json' }

/** Every command there is, in the order in which help shows them. What one needs is loaded when it is asked for. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).start,
  build: async () => (await import('./commands/build.ts')).build,
  diff: async () => (await import('./commands/diff.ts')).diff,
  push: async () => (await import('./commands/push.ts')).push,
  promote: async () => (await import('./commands/promote.ts')).promote,
  status: async () => (await import('./commands/status.ts')).status,
  apps: async () => (await import('./commands/apps.ts')).apps,
  audit: async () => (await import('./commands/audit.ts')).audit,
  events: async () => (await import('./commands/events.ts')).events,
  egress: async () => (await import('./commands/egress.ts')).egress,
  explain: async () => (await import('./commands/explain.ts')).explain,
  mask: async () => (await import('./commands/mask.ts')).mask,
  policy: async () => (await import('./commands/policy.ts')).policy,
  replays: async () => (await import('./commands/replays.ts')).replays,
  secret: async () => (await import('./commands/secret.ts')).secret,
  send: async () => (await import('./commands/send.ts')).send,
  shadow: async () => (await import('./commands/shadow.ts')).shadow,
  login: async () => (await import('./commands/login.ts')).login,
  logout: async () => (await import('./commands/login.ts')).logout,
  whoami: async () => (await import('./commands/login.ts')).whoami,
  sign: async () => (await import('./commands/sign.ts')).sign,
}

/**
 * The program with the command that a line begins with, or with all of them where it begins with none: help lists
 * them, and a mistyped name is answered with the nearest. Nothing runs until it is given the line.
 *
 * @param words what stands after the program's name
 */
export async function programFor([first = '']: readonly string[]): Promise<Command> {
  const load = Object.hasOwn(commands, first) ? commands[first] : undefined
  const loaded = await Promise.all((load ? [load] : Object.values(commands)).map(load => load()))
  const program = new Command('gatehouse')
    .description('One gate in front of micro-apps: webhooks verified, kept and delivered.')
    .version(packageJson.version)
    .addHelpText('after', '\nExit codes: 0 done, 1 refused, 2 wrong usage, 3 gateway or wrangler out of reach.')
  for (const command of loaded) program.addCommand(command)
  for (const command of [program, ...loaded, ...loaded.flatMap(command => command.commands)])
    command.exitOverride().showHelpAfterError('(--help shows what it takes)')
  return program
}
