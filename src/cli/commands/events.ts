import { Command } from 'commander'
import type { EventView } from '#core/delivery/event.ts'
import { eventStates } from '#core/delivery/event.ts'
import { callAdmin } from '../client/admin.ts'
import { paint, say, sayJson, table } from '../output.ts'

interface Shared {
  readonly url: string
  readonly state: string
  readonly json: boolean
}

const withShared = (command: Command) =>
  command
    .option('--url <url>', 'address of the gateway', 'http://127.0.0.1:8787')
    .option('--state <folder>', 'state folder of `npm start`, for its operator token', '.gatehouse')
    .option('--json', 'print the answer as JSON', false)

const filters = ['source', 'inState', 'fault', 'from', 'to', 'limit', 'cursor'] as const

const list = withShared(new Command('list'))
  .description('events of an app, newest first')
  .requiredOption('--app <app>', 'app')
  .option('--source <source>', 'only of this source')
  .option('--in-state <state>', `only in this state: ${eventStates.join(', ')}`)
  .option('--fault <code>', 'only with this fault')
  .option('--from <time>', 'received at or after, e.g. 2026-11-21T08:00:00Z')
  .option('--to <time>', 'received before')
  .option('--limit <number>', 'at most so many', '50')
  .option('--cursor <cursor>', 'go on where an earlier list ended')
  .action(async (options: Shared & { app: string } & Partial<Record<(typeof filters)[number], string>>) => {
    const query = new URLSearchParams({ app: options.app })
    for (const name of filters) {
      const value = options[name]
      if (value !== undefined) query.set(name === 'inState' ? 'state' : name, value)
    }
    const answer = (await callAdmin(`events?${query}`, options)) as { items: EventView[]; next: string | null }
    if (options.json) return sayJson(answer)
    if (answer.items.length === 0) return say('No events.')
    say(table([['EVENT', 'SOURCE', 'STATE', 'TRIES', 'RECEIVED', 'FAULT'], ...answer.items.map(row)]))
    if (answer.next) say(`\nMore: --cursor ${answer.next}`)
  })

const show = withShared(new Command('show'))
  .description('one event with its attempts')
  .argument('<id>', 'event id')
  .action(async (id: string, options: Shared) => {
    const event = (await callAdmin(`events/${encodeURIComponent(id)}`, options)) as EventView
    if (options.json) return sayJson(event)
    say(eventText(event))
  })

const replay = withShared(new Command('replay'))
  .description('deliver an event again, whatever became of it')
  .argument('<id>', 'event id')
  .requiredOption('--reason <text>', 'why; it is recorded')
  .action(async (id: string, options: Shared & { reason: string }) => {
    const request = { method: 'POST', body: { reason: options.reason } }
    const event = (await callAdmin(`events/${encodeURIComponent(id)}/replay`, options, request)) as EventView
    if (options.json) return sayJson(event)
    say(eventText(event))
  })

export const events = new Command('events')
  .description('look at accepted events, and send them again')
  .addCommand(list)
  .addCommand(show)
  .addCommand(replay)

const colours = { waiting: 'yellow', delivering: 'cyan', delivered: 'green', dead: 'red', dropped: 'dim' } as const

function row({ id, source, state, attempts, receivedAt, fault }: EventView): string[] {
  return [id, source, paint(colours[state], state), String(attempts.length), receivedAt, fault ?? '']
}

function eventText(event: EventView): string {
  const facts = [
    ['event', event.id],
    ['source', event.source],
    ['state', paint(colours[event.state], event.state)],
    ['received', event.receivedAt],
    ['size', `${event.size} bytes`],
    ...(event.nextAttemptAt ? [['next attempt', event.nextAttemptAt]] : []),
    ...(event.fault ? [['fault', event.fault]] : []),
  ]
  const attempts = event.attempts.map(({ n, at, ms, status, fault }) => [
    String(n),
    at,
    ms === undefined ? '' : `${ms} ms`,
    String(status ?? fault ?? 'under way'),
  ])
  return attempts.length > 0
    ? `${table(facts)}\n\n${table([['TRY', 'AT', 'TOOK', 'OUTCOME'], ...attempts])}`
    : table(facts)
}
