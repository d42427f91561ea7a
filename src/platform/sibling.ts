import { DurableObject } from 'cloudflare:workers'
import type { Acceptance, EventView, Sheltered } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { handOver } from '#core/delivery/hand-over.ts'
import { systemClock } from './clock.ts'
import { consoleLog } from './console-log.ts'
import { meteredCounters } from './counters.ts'
import type { Env } from './env.ts'
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
    facts TEXT NOT NULL, body BLOB
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sheltered_received ON sheltered (received_at);
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
    const { id, source, claims, receivedAtMs } = event
    if (this.known([id]).length > 0) return { kind: 'accepted', eventId: id }
    const earlier = this.#earlier(sheltered)
    if (earlier) return earlier
    this.#sql.exec(
      'INSERT INTO sheltered VALUES (?, ?, ?, ?, ?, ?, ?)',
      id,
      source,
      claims.vendorId ?? null,
      claims.signedDigest ?? null,
      receivedAtMs,
      JSON.stringify({ event: facts, terms, paused }),
      body ? (body.slice().buffer as ArrayBuffer) : null,
    )
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(this.#nowMs() + firstMs)
    await this.ctx.storage.sync()
    return { kind: 'accepted', eventId: id }
  }

  /** Which of these events it holds. */
  known(eventIds: readonly string[]): string[] {
    return eventIds.filter(id => this.#sql.exec('SELECT 1 FROM sheltered WHERE id = ?', id).toArray().length > 0)
  }

  show(eventId: string): EventView | undefined {
    const [row] = this.#sql.exec<Row>('SELECT id, facts, body FROM sheltered WHERE id = ?', eventId).toArray()
    const address = mailboxOf(eventId)
    if (!row || !address) return undefined
    const { source, size, receivedAtMs, orderKey } = shelteredOf(row).event
    const { app, region } = address
    const receivedAt = new Date(receivedAtMs).toISOString()
    const key = orderKey === undefined ? {} : { orderKey }
    return { id: eventId, app, source, region, state: 'waiting', receivedAt, size, ...key, attempts: [] }
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

  #earlier({ event }: Sheltered): Acceptance | undefined {
    const { source, claims } = event
    const find = (where: string, ...values: string[]) =>
      this.#sql.exec<{ id: string }>(`SELECT id FROM sheltered WHERE ${where} LIMIT 1`, ...values).toArray()[0]?.id
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
