import { DurableObject } from 'cloudflare:workers'
import type {
  Acceptance,
  ArchivedEvent,
  Consignment,
  DeliveryTerms,
  EventFilter,
  EventView,
  IncomingEvent,
  Settlement,
} from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import type { Counters, Log } from '#core/ports.ts'
import { systemClock } from '../clock.ts'
import { consoleLog } from '../console-log.ts'
import { meteredCounters } from '../counters.ts'
import type { Env } from '../env.ts'
import { r2Payloads } from '../payloads-r2.ts'
import { buried, lettersDue } from './burials.ts'
import { accept } from './intake.ts'
import { lease } from './lease.ts'
import { purge } from './retention.ts'
import { reap, settle } from './settle.ts'
import { Sources } from './sources.ts'
import { tables } from './tables.ts'
import { list, open, rowOf, show } from './views.ts'
import { nextWakeMs } from './wake.ts'

/** Events that travel in one call to the courier, which is one invocation with six connections. */
const batchSize = 4

/**
 * The events of one app: the only writer of them. It decides and records, and never fetches. One object
 * carries some 1,000 accepts a second (docs/mailbox.md has the measurement).
 */
export class MailboxObject extends DurableObject<Env> {
  readonly #sql: SqlStorage
  readonly #sources: Sources
  readonly #counters: Counters
  readonly #log: Log = consoleLog
  /** The alarm as set, remembered so that it is not written again for every event. */
  #alarmMs: number | null = null

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(tables)
    this.#sources = new Sources(this.#sql)
    this.#counters = meteredCounters(env, systemClock, work => ctx.waitUntil(work))
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmMs = await ctx.storage.getAlarm()
    })
  }

  accept(event: IncomingEvent, terms: DeliveryTerms): Acceptance {
    this.#sources.learn(event.source, terms)
    const acceptance = this.ctx.storage.transactionSync(() => accept(this.#sql, event, this.#nowMs()))
    if (acceptance.kind === 'accepted') this.#dispatch(event.source)
    return acceptance
  }

  settle(settlement: Settlement): void {
    const settled = settle(this.#sql, this.#sources, settlement, this.#nowMs())
    if (!settled) return
    if (settled.dueAtMs !== undefined) this.#wakeBy(settled.dueAtMs)
    this.#announce()
    this.#dispatch(settled.source)
    this.#restIfIdle()
  }

  list(filter: EventFilter, page: { limit: number; before?: string }): EventView[] {
    return list(this.#sql, filter, page)
  }

  show(eventId: string): EventView | undefined {
    return show(this.#sql, eventId)
  }

  /** Due at once, with all its tries before it; its attempts count on. An event under way is left alone. */
  replay(eventId: string): EventView | undefined {
    const row = rowOf(this.#sql, eventId)
    if (!row) return undefined
    if (row.state !== 'delivering') {
      const nowMs = this.#nowMs()
      this.#sql.exec(
        `UPDATE events SET state = 'waiting', tries = 0, since = ?, due_at = ?, fault = NULL WHERE seq = ?`,
        nowMs,
        nowMs,
        row.seq,
      )
      this.#sql.exec('DELETE FROM burials WHERE seq = ?', row.seq)
      this.#wakeBy(nowMs)
      this.#dispatch(row.source)
    }
    return show(this.#sql, eventId)
  }

  open(eventId: string): ArchivedEvent | undefined {
    return open(this.#sql, eventId)
  }

  buried(eventId: string): void {
    buried(this.#sql, eventId)
    this.#restIfIdle()
  }

  /** Hands over what is due, announces the dead, forgets the old, and returns without awaiting an attempt. */
  override async alarm(): Promise<void> {
    this.#alarmMs = null
    const nowMs = this.#nowMs()
    for (const [source, by] of reap(this.#sql, nowMs)) this.#countUnknown(source, by)
    for (const [source] of this.#sources.all()) this.#dispatch(source)
    this.#announce()
    const orphans = purge(this.#sql, nowMs)
    this.#wakeAtNextWork()
    await r2Payloads(this.env.PAYLOADS).remove(orphans)
  }

  #dispatch(source: string): void {
    const nowMs = this.#nowMs()
    const { consignments, untilMs } = lease(this.#sql, source, this.#sources.termsOf(source), nowMs)
    for (let at = 0; at < consignments.length; at += batchSize) this.#hand(consignments.slice(at, at + batchSize))
    if (consignments.length > 0) this.#wakeBy(untilMs)
  }

  /** Not awaited: the courier reports by itself. If the call is lost, the leases end and the events are due again. */
  #hand(batch: readonly Consignment[]): void {
    this.env.COURIER.deliver(batch).catch(error => {
      this.#log.write('error', 'courier-lost', { events: batch.map(({ eventId }) => eventId), detail: String(error) })
    })
  }

  /** Sends dead letters to the queue; what the archive does not confirm is sent again later. */
  #announce(): void {
    const letters = lettersDue(this.#sql, this.#nowMs())
    if (letters.length === 0) return
    this.#wakeAtNextWork()
    this.env.DEAD_LETTERS.sendBatch(letters.map(body => ({ body }))).catch(error => {
      this.#log.write('error', 'dead-letters-unsent', {
        events: letters.map(({ eventId }) => eventId),
        detail: String(error),
      })
    })
  }

  #countUnknown(source: string, by: number): void {
    const app = this.#app()
    if (app) this.#counters.count(app, 'delivery_outcome_unknown_total', { source }, by)
  }

  #app(): string | undefined {
    const { id } = this.#sql.exec<{ id: string }>('SELECT id FROM events ORDER BY seq LIMIT 1').toArray()[0] ?? {}
    return id === undefined ? undefined : mailboxOf(id)?.app
  }

  #wakeBy(atMs: number): void {
    if (this.#alarmMs === null || atMs < this.#alarmMs) this.#setAlarm(atMs)
  }

  /** With nothing under way or waiting, the alarm that guarded it would wake for nothing. */
  #restIfIdle(): void {
    const isOpen =
      this.#sql.exec(`SELECT 1 FROM events WHERE state IN ('waiting', 'delivering') LIMIT 1`).toArray().length > 0
    if (!isOpen) this.#wakeAtNextWork()
  }

  #wakeAtNextWork(): void {
    const atMs = nextWakeMs(this.#sql, this.#sources)
    if (atMs !== undefined && atMs !== this.#alarmMs) this.#setAlarm(atMs)
    if (atMs === undefined && this.#alarmMs !== null) {
      this.#alarmMs = null
      void this.ctx.storage.deleteAlarm()
    }
  }

  /** Not awaited: it is written with the rows of this turn, and nothing leaves the object before both are on disk. */
  #setAlarm(atMs: number): void {
    this.#alarmMs = atMs
    void this.ctx.storage.setAlarm(atMs)
  }

  #nowMs(): number {
    return systemClock.now().getTime()
  }
}
