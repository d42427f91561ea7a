import { DurableObject } from 'cloudflare:workers'
import type {
  Acceptance,
  ArchivedEvent,
  ContentsPage,
  EventFilter,
  EventView,
  Glance,
  Held,
  IncomingEvent,
  Sheltered,
  StoredEvent,
} from '#core/delivery/event.ts'
import { handOver } from '#core/delivery/hand-over.ts'
import { matches, shelteredView } from '#core/delivery/sheltered.ts'
import { systemClock } from './clock.ts'
import { consoleLog } from './console-log.ts'
import { meteredCounters } from './counters.ts'
import type { Env } from './env.ts'
import { upTo } from './mailbox/views.ts'
import { durableMailboxes } from './mailboxes.ts'
import { r2Payloads } from './payloads-r2.ts'
import { bucketsOf } from './places.ts'

/** How soon an event is handed over, and again after each failure twice as late, up to a minute. */
const firstMs = 1_000
const atMostMs = 60_000
/** Events handed over by one alarm. */
const atOnce = 50

const tables = `
  CREATE TABLE IF NOT EXISTS sheltered (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, vendor_id TEXT, signed_digest TEXT, received_at INTEGER NOT NULL,
    order_key TEXT, facts TEXT NOT NULL, body BLOB
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sheltered_received ON sheltered (received_at);
  CREATE INDEX IF NOT EXISTS sheltered_vendor_id ON sheltered (source, vendor_id) WHERE vendor_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS sheltered_digest ON sheltered (signed_digest) WHERE signed_digest IS NOT NULL;
  CREATE INDEX IF NOT EXISTS sheltered_order ON sheltered (source, order_key) WHERE order_key IS NOT NULL;
`

type Row = { id: string; facts: string; body: ArrayBuffer | null }

/**
 * Stands in for one mailbox that does not answer: takes its events, durably, and hands them over as soon as
 * it answers again. It delivers nothing, so that order and dedupe stay the mailbox's.
 */
export class SiblingObject extends DurableObject<Env> {
  readonly #sql: SqlStorage
  #failures = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(tables)
  }

  /** Resolves only once the event is on disk. What it holds already is a duplicate here as it would be in the mailbox. */
  async shelter(sheltered: Sheltered): Promise<Acceptance> {
    const { event, terms, paused } = sheltered
    const { body, ...facts } = event
    const { id, source, claims, receivedAtMs, orderKey } = event
    if (this.known([id]).length > 0) return { kind: 'accepted', eventId: id }
    const earlier = this.#earlier(event)
    if (earlier) return earlier
    this.#sql.exec(
      'INSERT INTO sheltered VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      source,
      claims.vendorId ?? null,
      claims.signedDigest ?? null,
      receivedAtMs,
      orderKey ?? null,
      JSON.stringify({ event: facts, terms, paused }),
      body ? (body.slice().buffer as ArrayBuffer) : null,
    )
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(this.#nowMs() + firstMs)
    await this.ctx.storage.sync()
    return { kind: 'accepted', eventId: id }
  }

  /** What it holds that an event might belong with. */
  glance(wanted: Glance): Held {
    const { source, orderKey } = wanted
    const duplicate = this.#earlier(wanted)
    const query = 'SELECT 1 FROM sheltered WHERE source = ? AND order_key = ? LIMIT 1'
    const isKeyBusy = orderKey !== undefined && this.#sql.exec(query, source, orderKey).toArray().length > 0
    return { ...(duplicate && { duplicate }), isKeyBusy }
  }

  /** Which of these events it holds. */
  known(eventIds: readonly string[]): string[] {
    return eventIds.filter(id => this.#sql.exec('SELECT 1 FROM sheltered WHERE id = ?', id).toArray().length > 0)
  }

  show(eventId: string): EventView | undefined {
    const row = this.#row(eventId)
    return row && shelteredView(shelteredOf(row).event)
  }

  open(eventId: string): ArchivedEvent | undefined {
    const row = this.#row(eventId)
    if (!row) return undefined
    const { event } = shelteredOf(row)
    return { event: shelteredView(event), headers: event.headers, ...(event.body && { body: event.body }) }
  }

  /** Events that match, newest first, with ids below `before`. */
  list(filter: EventFilter, { limit, before = '~' }: { limit: number; before?: string }): EventView[] {
    const views: EventView[] = []
    const query = 'SELECT id, facts, NULL AS body FROM sheltered WHERE id < ? ORDER BY id DESC'
    for (const row of this.#sql.exec<Row>(query, before)) {
      const view = shelteredView(shelteredOf(row).event)
      if (matches(view, filter)) views.push(view)
      if (views.length >= limit) break
    }
    return views
  }

  contents({ limit, after = '', source, bodyBytes = 0 }: ContentsPage): StoredEvent[] {
    const body = bodyBytes > 0 ? 'body' : 'NULL AS body'
    const rows = this.#sql.exec<Row>(
      `SELECT id, facts, ${body} FROM sheltered WHERE id > ? AND source = COALESCE(?, source) ORDER BY id LIMIT ?`,
      after,
      source ?? null,
      limit,
    )
    return upTo(bodyBytes, rows, row => {
      const { id, source, size, body } = shelteredOf(row).event
      return { id, source, size, at: id, ...(body && { body }) }
    })
  }

  forget(eventIds: readonly string[]): void {
    for (const id of eventIds) this.#sql.exec('DELETE FROM sheltered WHERE id = ?', id)
  }

  /** Hands over, oldest first. The first failure ends it: what fails for one fails for all. */
  override async alarm(): Promise<void> {
    const rows = this.#sql
      .exec<Row>('SELECT id, facts, body FROM sheltered ORDER BY received_at, id LIMIT ?', atOnce)
      .toArray()
    const ports = {
      mailboxes: durableMailboxes(this.env),
      payloads: r2Payloads(bucketsOf(this.env)),
      counters: meteredCounters(this.env, systemClock, work => this.ctx.waitUntil(work)),
    }
    try {
      for (const row of rows) {
        await handOver(shelteredOf(row), ports)
        this.#sql.exec('DELETE FROM sheltered WHERE id = ?', row.id)
      }
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      consoleLog.write('warn', 'hand-over-failed', { eventId: rows[0]?.id, detail: String(error) })
    }
    const { n } = this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM sheltered').one()
    if (n === 0) return
    const waitMs = this.#failures === 0 ? 0 : Math.min(atMostMs, firstMs * 2 ** this.#failures)
    await this.ctx.storage.setAlarm(this.#nowMs() + waitMs)
  }

  #row(eventId: string): Row | undefined {
    return this.#sql.exec<Row>('SELECT id, facts, body FROM sheltered WHERE id = ?', eventId).toArray()[0]
  }

  #earlier(wanted: Pick<IncomingEvent, 'source' | 'claims' | 'receivedAtMs' | 'dedupeMs'>): Held['duplicate'] {
    const { source, claims, receivedAtMs, dedupeMs } = wanted
    const query = (where: string) => `SELECT id FROM sheltered WHERE ${where} AND received_at > ? LIMIT 1`
    const find = (where: string, ...values: string[]) =>
      this.#sql.exec<{ id: string }>(query(where), ...values, receivedAtMs - dedupeMs).toArray()[0]?.id
    const byId = claims.vendorId && find('source = ? AND vendor_id = ?', source, claims.vendorId)
    if (byId) return { kind: 'duplicate', eventId: byId, by: 'id' }
    const byBytes = claims.signedDigest && find('signed_digest = ?', claims.signedDigest)
    return byBytes ? { kind: 'duplicate', eventId: byBytes, by: 'bytes' } : undefined
  }

  #nowMs(): number {
    return systemClock.now().getTime()
  }
}

function shelteredOf({ facts, body }: Row): Sheltered {
  const { event, ...rest } = JSON.parse(facts)
  return { ...rest, event: { ...event, ...(body && { body: new Uint8Array(body) }) } }
}
