import { DurableObject } from 'cloudflare:workers'
import type {
  Acceptance,
  ArchivedEvent,
  DeliveryTerms,
  EventFilter,
  EventView,
  IncomingEvent,
  Settlement,
  StoredEvent,
} from '#core/delivery/event.ts'
import { type BreakerChange, Pressure } from '#core/delivery/pressure.ts'
import type { ReplayOrder, ReplayView } from '#core/delivery/replay.ts'
import { systemClock } from '../clock.ts'
import { consoleLog } from '../console-log.ts'
import { meteredCounters } from '../counters.ts'
import type { Env } from '../env.ts'
import { r2Payloads } from '../payloads-r2.ts'
import { bucketsOf } from '../places.ts'
import { openUntilMs, rememberBreaker } from './breaker.ts'
import { buried } from './burials.ts'
import { Dispatcher } from './dispatcher.ts'
import { accept } from './intake.ts'
import { News } from './news.ts'
import { promote } from './order.ts'
import { Pauses } from './pauses.ts'
import {
  advanceReplays,
  cancelReplay,
  countMatching,
  forgetReplays,
  hasten,
  release,
  showReplay,
  startReplay,
} from './replays.ts'
import { forget, purge } from './retention.ts'
import { reap, settle, unreported } from './settle.ts'
import { Sources } from './sources.ts'
import { lanes, tables } from './tables.ts'
import { Turns } from './turns.ts'
import { contents, list, open, rowOf, show } from './views.ts'
import type { Mailbox } from './wake.ts'

/**
 * The events of one app: the only writer of them. It decides and records, and never fetches. One object
 * carries some 1,000 accepts a second (docs/mailbox.md has the measurement).
 */
export class MailboxObject extends DurableObject<Env> {
  readonly #mailbox: Mailbox
  readonly #dispatcher: Dispatcher
  readonly #turns: Turns
  readonly #news: News
  /** Sources of which this turn has changed something. */
  readonly #touched = new Set<string>()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { sql } = ctx.storage
    sql.exec(tables)
    const pressure = new Pressure(this.#nowMs(), openUntilMs(sql))
    this.#mailbox = { sql, sources: new Sources(sql), pauses: new Pauses(sql), pressure }
    this.#dispatcher = new Dispatcher(this.#mailbox, ctx.storage, () => this.env, consoleLog)
    this.#turns = new Turns(
      ctx.storage,
      () => this.#endTurn(),
      failure => this.#turnEnded(failure),
    )
    const counters = meteredCounters(env, systemClock, work => ctx.waitUntil(work))
    this.#news = new News(sql, counters, consoleLog)
    ctx.blockConcurrencyWhile(() => this.#dispatcher.learnAlarm())
  }

  accept(event: IncomingEvent, terms: DeliveryTerms): Promise<Acceptance> {
    const { sql, sources } = this.#mailbox
    return this.#turns.run(() => {
      const acceptance = accept(sql, event, this.#nowMs())
      sources.learn(event.source, terms)
      if (acceptance.kind === 'accepted') this.#touched.add(event.source)
      return acceptance
    })
  }

  settle(settlement: Settlement): Promise<void> {
    const { sql, sources, pressure } = this.#mailbox
    return this.#turns.run(() => {
      const nowMs = this.#nowMs()
      const settled = settle(sql, sources, settlement, nowMs)
      if (!settled) return
      const { row, decision } = settled
      if (row.lane === lanes.retry && decision.kind === 'delivered') pressure.retrySucceeded()
      this.#noteBreaker(pressure.ended(settlement.outcome, sources.termsOf(row.source), nowMs))
      this.#touched.add(row.source)
    })
  }

  list(filter: EventFilter, page: { limit: number; before?: string }): EventView[] {
    return list(this.#mailbox.sql, filter, page)
  }

  show(eventId: string): EventView | undefined {
    return show(this.#mailbox.sql, eventId)
  }

  /** Due at once; its attempts count on. An event that is under way is left alone. */
  async replay(eventId: string): Promise<EventView | undefined> {
    const { sql } = this.#mailbox
    await this.#turns.run(() => {
      const row = rowOf(sql, eventId)
      if (!row) return
      const nowMs = this.#nowMs()
      if (row.state === 'waiting' && row.due_at !== null) hasten(sql, row.seq, nowMs)
      if (row.state !== 'waiting' && row.state !== 'delivering') release(sql, row.seq, nowMs, null)
      this.#touched.add(row.source)
    })
    return show(sql, eventId)
  }

  countReplay(order: ReplayOrder): number {
    return countMatching(this.#mailbox.sql, order)
  }

  startReplay(id: string, order: ReplayOrder): Promise<ReplayView> {
    return this.#turns.run(() => {
      this.#dispatcher.wakeBy(this.#nowMs())
      return startReplay(this.#mailbox.sql, id, order, this.#nowMs())
    })
  }

  showReplay(id: string): ReplayView | undefined {
    return showReplay(this.#mailbox.sql, id)
  }

  cancelReplay(id: string): Promise<ReplayView | undefined> {
    return this.#turns.run(() => cancelReplay(this.#mailbox.sql, id))
  }

  /** @param source `undefined`: the whole app, also sources that it gets later */
  pause(source: string | undefined): Promise<void> {
    return this.#turns.run(() => {
      this.#mailbox.pauses.set(source, true)
      this.#dispatcher.wakeAtNextWork(this.#nowMs())
    })
  }

  resume(source: string | undefined): Promise<void> {
    return this.#turns.run(() => {
      this.#mailbox.pauses.set(source, false)
      this.#touchAll()
    })
  }

  /** Which of these sources are paused. */
  paused(sources: readonly string[]): string[] {
    return this.#mailbox.pauses.among(sources)
  }

  open(eventId: string): ArchivedEvent | undefined {
    return open(this.#mailbox.sql, eventId)
  }

  contents(page: { limit: number; after: number }): StoredEvent[] {
    return contents(this.#mailbox.sql, page)
  }

  /** Removes every trace of these events, whatever their state; an attempt under way reports into nothing, and is no probe any more. */
  forget(eventIds: readonly string[]): Promise<void> {
    const { sql, pressure } = this.#mailbox
    return this.#turns.run(() => {
      const rows = eventIds.flatMap(id => rowOf(sql, id) ?? [])
      forget(sql, rows)
      if (rows.some(({ state }) => state === 'delivering') && pressure.breaker.abandoned()) this.#touchAll()
      for (const row of rows) {
        if (row.order_key !== null) promote(sql, row.source, row.order_key, this.#nowMs())
        this.#touched.add(row.source)
      }
    })
  }

  /** Which of these events it still holds. */
  known(eventIds: readonly string[]): string[] {
    return eventIds.filter(id => rowOf(this.#mailbox.sql, id) !== undefined)
  }

  /** @returns whether this was the first confirmation */
  buried(eventId: string): Promise<boolean> {
    return this.#turns.run(() => buried(this.#mailbox.sql, eventId))
  }

  /** Hands over what is due, announces the dead, forgets the old, and returns without awaiting an attempt. */
  override async alarm(): Promise<void> {
    const { sql, sources } = this.#mailbox
    await this.#dispatcher.learnAlarm()
    const orphans = await this.#turns.run(() => {
      const nowMs = this.#nowMs()
      for (const [source, by] of reap(sql, sources, nowMs)) this.#countLost(source, by, nowMs)
      advanceReplays(sql, nowMs)
      forgetReplays(sql, nowMs)
      this.#touchAll()
      return purge(sql, sources, nowMs)
    })
    this.#dispatcher.wakeAtNextWork(this.#nowMs())
    await r2Payloads(bucketsOf(this.env)).remove(orphans)
  }

  /** What follows from everything this turn has changed, once for all of it. */
  #endTurn(): void {
    const nowMs = this.#nowMs()
    for (const source of this.#touched) this.#dispatcher.dispatch(source, nowMs)
    this.#touched.clear()
    this.#dispatcher.announce(nowMs)
    this.#dispatcher.restIfIdle(nowMs)
  }

  #turnEnded(failure: unknown): void {
    if (failure === undefined) {
      this.#dispatcher.release()
      return
    }
    this.#dispatcher.recover(this.#nowMs())
    this.#news.turnFailed(failure)
  }

  #touchAll(): void {
    for (const [source] of this.#mailbox.sources.all()) this.#touched.add(source)
  }

  /** The breaker learns of them too: a probe must not stay open for ever. */
  #countLost(source: string, by: number, nowMs: number): void {
    const { pressure, sources } = this.#mailbox
    for (let n = 0; n < by; n++) this.#noteBreaker(pressure.ended(unreported, sources.termsOf(source), nowMs))
    this.#news.attemptsLost(source, by)
  }

  #noteBreaker(change: BreakerChange | undefined): void {
    if (!change) return
    if (change === 'freed') {
      this.#touchAll()
      return
    }
    const { sql, pressure } = this.#mailbox
    rememberBreaker(sql, pressure.breaker.openUntilMs)
    this.#news.breakerChanged(change)
    if (change === 'closed') this.#touchAll()
    else this.#dispatcher.wakeBy(pressure.breaker.openUntilMs)
  }

  #nowMs(): number {
    return systemClock.now().getTime()
  }
}
