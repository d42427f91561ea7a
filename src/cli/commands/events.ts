import { Command } from 'commander'
import type { EventView } from '#core/delivery/event.ts'
import { callAdmin } from '../client/admin.ts'
import { type ChosenEvents, filterFrom, type GatewayOptions, withEventFilter, withGateway } from '../client/options.ts'
import { paint, say, sayJson, table } from '../output.ts'

const list = withGateway(withEventFilter(new Command('list')))
  .description('events of an app, newest first')
  .option('--limit <number>', 'at most so many', '50')
  .option('--cursor <cursor>', 'go on where an earlier list ended')
  .action(async (options: GatewayOptions & ChosenEvents & { app: string; limit: string; cursor?: string }) => {
    const { app, limit, cursor } = options
    const query = new URLSearchParams({ app, ...filterFrom(options), limit, ...(cursor && { cursor }) })
    const answer = (await callAdmin(`events?${query}`, options)) as { items: EventView[]; next: string | null }
    if (options.json) return sayJson(answer)
    if (answer.items.length === 0) return say('No events.')
    say(table([['EVENT', 'SOURCE', 'STATE', 'TRIES', 'RECEIVED', 'FAULT'], ...answer.items.map(row)]))
    if (answer.next) say(`\nMore: --cursor ${answer.next}`)
  })

const show = withGateway(new Command('show'))
  .description('one event with its attempts')
  .argument('<id>', 'event id')
  .action(async (id: string, options: GatewayOptions) => {
    const event = (await callAdmin(`events/${encodeURIComponent(id)}`, options)) as EventView
    if (options.json) return sayJson(event)
    say(eventText(event))
  })

const replay = withGateway(new Command('replay'))
  .description('deliver an event again, whatever became of it')
  .argument('<id>', 'event id')
  .requiredOption('--reason <text>', 'why; it is recorded')
  .action(async (id: string, options: GatewayOptions & { reason: string }) => {
    const request = { method: 'POST', body: { reason: options.reason } }
    const event = (await callAdmin(`events/${encodeURIComponent(id)}/replay`, options, request)) as EventView
    if (options.json) return sayJson(event)
    say(eventText(event))
  })

const purge = withGateway(new Command('purge'))
  .description('forget an event: in the mailbox, its body and its archived dead letter')
  .argument('<id>', 'event id')
  .requiredOption('--reason <text>', 'why; it is recorded')
  .action(async (id: string, options: GatewayOptions & { reason: string }) => {
    const path = `events/${encodeURIComponent(id)}?reason=${encodeURIComponent(options.reason)}`
    await callAdmin(path, options, { method: 'DELETE' })
    if (options.json) return void sayJson({ purged: 1 })
    say(`${id} is forgotten.`)
  })

export const events = new Command('events')
  .description('look at accepted events, send them again, forget them')
  .addCommand(list)
  .addCommand(show)
  .addCommand(replay)
  .addCommand(purge)

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
