import type { ArchivedEvent, Attempt, ContentsPage, EventFilter, EventView, StoredEvent } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import type { FaultCode } from '#core/fault.ts'
import { type EventRow, eventColumns } from './tables.ts'

/** Events that match, newest first, with ids below `before`: those of one mailbox sort by their time. */
export function list(sql: SqlStorage, filter: EventFilter, page: { limit: number; before?: string }): EventView[] {
  const asked: [string, string | number][] = conditionsOf(filter)
  if (page.before !== undefined) asked.push(['id < ?', page.before])
  const where = asked.length > 0 ? `WHERE ${asked.map(([text]) => text).join(' AND ')}` : ''
  return sql
    .exec<EventRow>(
      `SELECT ${eventColumns} FROM events ${where} ORDER BY id DESC LIMIT ?`,
      ...asked.map(([, value]) => value),
      page.limit,
    )
    .toArray()
    .map(row => viewOf(sql, row))
}

/** The conditions of a filter, with their values, for a WHERE. */
export function conditionsOf(filter: EventFilter): [string, string | number][] {
  const conditions: [string, string | number | undefined][] = [
    ['source = ?', filter.source],
    ['state = ?', filter.state],
    ['fault = ?', filter.fault],
    ['received_at >= ?', filter.fromMs],
    ['received_at < ?', filter.toMs],
  ]
  return conditions.filter((condition): condition is [string, string | number] => condition[1] !== undefined)
}

export function show(sql: SqlStorage, eventId: string): EventView | undefined {
  const row = rowOf(sql, eventId)
  return row && viewOf(sql, row)
}

/** The event with what is kept of it, for the archive. */
export function open(sql: SqlStorage, eventId: string): ArchivedEvent | undefined {
  const row = rowOf(sql, eventId)
  if (!row) return undefined
  const { headers, body } = sql
    .exec<{ headers: string; body: ArrayBuffer | null }>('SELECT headers, body FROM contents WHERE seq = ?', row.seq)
    .one()
  return { event: viewOf(sql, row), headers: JSON.parse(headers), ...(body && { body: new Uint8Array(body) }) }
}

/** Events in the order of their acceptance; `at` is their position, which grows with it and is never used again. */
export function contents(sql: SqlStorage, { limit, after = '0', source, bodyBytes = 0 }: ContentsPage): StoredEvent[] {
  const from = bodyBytes > 0 ? 'body FROM events JOIN contents USING (seq)' : 'NULL AS body FROM events'
  const rows = sql.exec<{ id: string; position: number; source: string; size: number; body: ArrayBuffer | null }>(
    `SELECT id, events.seq AS position, source, size, ${from} WHERE events.seq > ? ${source === undefined ? '' : 'AND source = ?'}
     ORDER BY events.seq LIMIT ?`,
    Number(after),
    ...(source === undefined ? [] : [source]),
    limit,
  )
  return upTo(bodyBytes, rows, ({ position, body, ...event }) => ({
    ...event,
    at: String(position),
    ...(body && { body: new Uint8Array(body) }),
  }))
}

/** The first of some rows, with at most so many bytes of bodies but for the first. */
export function upTo<Row>(bodyBytes: number, rows: Iterable<Row>, eventOf: (row: Row) => StoredEvent): StoredEvent[] {
  const events: StoredEvent[] = []
  let bytes = 0
  for (const row of rows) {
    const event = eventOf(row)
    bytes += event.body?.length ?? 0
    if (events.length > 0 && bytes > bodyBytes) break
    events.push(event)
  }
  return events
}

export function rowOf(sql: SqlStorage, eventId: string): EventRow | undefined {
  return sql.exec<EventRow>(`SELECT ${eventColumns} FROM events WHERE id = ?`, eventId).toArray()[0]
}

function viewOf(sql: SqlStorage, row: EventRow): EventView {
  const address = mailboxOf(row.id)
  return {
    id: row.id,
    app: address?.app ?? '',
    source: row.source,
    region: address?.region ?? '',
    state: row.state,
    receivedAt: new Date(row.received_at).toISOString(),
    size: row.size,
    ...(row.order_key && { orderKey: row.order_key }),
    attempts: attemptsOf(sql, row),
    ...(row.state === 'waiting' && row.due_at !== null && { nextAttemptAt: new Date(row.due_at).toISOString() }),
    ...(row.fault && { fault: row.fault as FaultCode }),
  }
}

function attemptsOf(sql: SqlStorage, row: EventRow): Attempt[] {
  type AttemptRow = { n: number; at: number; ms: number | null; status: number | null; fault: string | null }
  const ended = sql
    .exec<AttemptRow>('SELECT n, at, ms, status, fault FROM attempts WHERE seq = ? ORDER BY n', row.seq)
    .toArray()
  const attempts = ended.map(({ n, at, ms, status, fault }) => ({
    n,
    at: new Date(at).toISOString(),
    ...(ms !== null && { ms }),
    ...(status !== null && { status }),
    ...(fault !== null && { fault: fault as FaultCode }),
  }))
  if (row.state !== 'delivering' || row.leased_at === null) return attempts
  return [...attempts, { n: row.attempts, at: new Date(row.leased_at).toISOString() }]
}
