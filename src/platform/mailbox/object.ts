import type {
  Acceptance,
  DeliveryTerms,
  EventView,
  Glance,
  Glimpse,
  IdClaim,
  IncomingEvent,
  Settlement,
} from '#core/delivery/event.ts'
import type { MailboxAddress } from '#core/delivery/event-id.ts'
import type { ReplayOrder, ReplayView } from '#core/delivery/replay.ts'
import type { Telling } from '#core/owner/notice.ts'
import type { Reminder } from '#core/owner/reminder.ts'
import { systemClock } from '../clock.ts'
import { consoleLog } from '../console-log.ts'
import { meteredCounters } from '../counters.ts'
import type { Env } from '../env.ts'
import { r2Payloads } from '../payloads-r2.ts'
import { bucketsOf } from '../places.ts'
import { Aftermath } from './aftermath.ts'
import { alias } from './aliases.ts'
import { buried } from './burials.ts'
import { claim, glance, unclaim } from './claims.ts'
import { Dispatcher } from './dispatcher.ts'
import { accept } from './intake.ts'
import { News } from './news.ts'
import { noticeEnded } from './notices.ts'
import { promote } from './order.ts'
import { Owner, type PauseTold } from './owner.ts'
import { ReadableMailbox } from './readable.ts'
import { isNearer } from './reminders.ts'
import { advanceReplays, cancelReplay, forgetReplays, replayOne, startReplay } from './replays.ts'
import { forget, purge, refuseLater } from './retention.ts'
import { reap, settle } from './settle.ts'
import { lanes } from './tables.ts'
import { Turns } from './turns.ts'
import { rowOf, show } from './views.ts'

/**
 * The events of one app: the only writer of them. It decides and records, and never fetches. One object
 * carries some 1,000 accepts a second (docs/mailbox.md has the measurement).
 */
export class MailboxObject extends ReadableMailbox {
  readonly #dispatcher: Dispatcher
  readonly #turns: Turns
  readonly #news: News
  readonly #owner: Owner
  readonly #after: Aftermath

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#dispatcher = new Dispatcher(this.mailbox, ctx.storage, () => this.env, consoleLog)
    this.#owner = new Owner(this.mailbox.sources, this.#dispatcher)
    const counters = meteredCounters(env, systemClock, work => ctx.waitUntil(work))
    this.#news = new News(this.mailbox.sql, counters, consoleLog)
    this.#after = new Aftermath(this.mailbox, this.#dispatcher, this.#news, this.#owner)
    this.#turns = new Turns(
      ctx.storage,
      () => this.#after.end(this.#nowMs()),
      failure => this.#after.ended(failure, this.#nowMs()),
    )
    ctx.blockConcurrencyWhile(() => this.#dispatcher.learnAlarm())
  }

  /** @param paused what another mailbox of the app has paused, for one that never had the source */
  accept(event: IncomingEvent, terms: DeliveryTerms, paused: readonly string[] = []): Promise<Acceptance> {
    const { sql, sources, pauses } = this.mailbox
    return this.#turns.run(() => {
      const acceptance = accept(sql, event, this.#nowMs())
      if (!sources.has(event.source)) pauses.copy(paused)
      this.extent.grow(terms.shards)
      sources.learn(event.source, terms)
      if (acceptance.kind !== 'accepted') return acceptance
      this.#after.touch(event.source)
      const lent = event.isSync && this.#dispatcher.lend(event, terms, this.#nowMs())
      return lent ? { ...acceptance, lent } : acceptance
    })
  }

  /** Learns the number of shards as well, so that shard 0 knows of them all. */
  async glance(wanted: Glance): Promise<Glimpse> {
    const { sql, pauses } = this.mailbox
    if (wanted.shards > this.extent.shards) await this.#turns.run(() => this.extent.grow(wanted.shards))
    return { ...glance(sql, wanted), paused: pauses.all() }
  }

  claim(wanted: IdClaim): Promise<string | undefined> {
    return this.#turns.run(() => claim(this.mailbox.sql, wanted))
  }

  /** An id that a vendor was told is another name of an event. */
  alias(id: string, eventId: string): Promise<void> {
    return this.#turns.run(() => alias(this.mailbox.sql, id, eventId, this.#nowMs()))
  }

  unclaim(eventId: string): Promise<void> {
    return this.#turns.run(() => unclaim(this.mailbox.sql, eventId))
  }

  settle(settlement: Settlement): Promise<void> {
    const { sql, sources, pressure } = this.mailbox
    return this.#turns.run(() => {
      const nowMs = this.#nowMs()
      const settled = settle(sql, sources, settlement, nowMs)
      if (!settled) return
      const { row, decision, overtaken } = settled
      if (row.lane === lanes.retry && decision.kind === 'delivered') pressure.retrySucceeded()
      this.#after.breakerDid(pressure.ended(settlement, sources.termsOf(row.source), nowMs), row, nowMs)
      if (overtaken !== undefined && pressure.abandoned(row.id, overtaken)) this.#after.touchAll()
      this.#after.touch(row.source)
    })
  }

  async replay(eventId: string): Promise<EventView | undefined> {
    const { sql } = this.mailbox
    await this.#turns.run(() => {
      const source = replayOne(sql, eventId, this.#nowMs())
      if (source !== undefined) this.#after.touch(source)
    })
    return show(sql, eventId)
  }

  startReplay(id: string, order: ReplayOrder): Promise<ReplayView> {
    return this.#turns.run(() => {
      this.#dispatcher.wakeBy(this.#nowMs())
      return startReplay(this.mailbox.sql, id, order, this.#nowMs())
    })
  }

  cancelReplay(id: string): Promise<ReplayView | undefined> {
    return this.#turns.run(() => cancelReplay(this.mailbox.sql, id))
  }

  /**
   * @param source `undefined`: the whole app, also sources that it gets later
   * @param told absent: the owner is not to be told
   */
  pause(source: string | undefined, told?: PauseTold): Promise<void> {
    return this.#switch('paused', source, told)
  }

  resume(source: string | undefined, told?: PauseTold): Promise<void> {
    return this.#switch('resumed', source, told)
  }

  /** Tells the owner that the app's end comes near, once for each time it does. */
  remind(mailbox: MailboxAddress, reminder: Reminder): Promise<void> {
    return this.#turns.run(() => {
      const nowMs = this.#nowMs()
      if (isNearer(this.mailbox.sql, reminder, nowMs)) this.#owner.hearsOfExpiry(mailbox, reminder, nowMs)
    })
  }

  /** What became of one try to tell the owner. */
  notified(noticeId: string, telling: Telling): Promise<void> {
    return this.#turns.run(() => {
      noticeEnded(this.mailbox.sql, noticeId, telling, this.#nowMs())
      this.#dispatcher.wakeAtNextWork(this.#nowMs())
    })
  }

  /**
   * Removes every trace of these events, whatever their state; an attempt under way reports into nothing, and is no probe any more.
   *
   * @param held those of them that others hold for this mailbox, and may just be handing over
   */
  forget(eventIds: readonly string[], held: readonly string[] = []): Promise<void> {
    const { sql, pressure } = this.mailbox
    return this.#turns.run(() => {
      const rows = eventIds.flatMap(id => rowOf(sql, id) ?? [])
      forget(sql, rows)
      refuseLater(sql, held, this.#nowMs())
      if (rows.filter(({ id, attempts }) => pressure.abandoned(id, attempts)).length > 0) this.#after.touchAll()
      for (const row of rows) {
        if (row.order_key !== null) promote(sql, row.source, row.order_key, this.#nowMs())
        this.#after.touch(row.source)
      }
    })
  }

  /** @returns whether this was the first confirmation */
  buried(eventId: string): Promise<boolean> {
    return this.#turns.run(() => {
      const row = buried(this.mailbox.sql, eventId)
      if (row) this.#owner.hearsOfDeath(row, this.#nowMs())
      return row !== undefined
    })
  }

  /** Hands over what is due, announces the dead, forgets the old, and returns without awaiting an attempt. */
  override async alarm(): Promise<void> {
    const { sql, sources, pressure } = this.mailbox
    await this.#dispatcher.learnAlarm()
    const orphans = await this.#turns.run(() => {
      const nowMs = this.#nowMs()
      for (const row of reap(sql, sources, nowMs)) {
        this.#after.breakerDid(pressure.lost(row.id, row.attempts, sources.termsOf(row.source), nowMs), row, nowMs)
        this.#news.attemptLost(row.source)
      }
      advanceReplays(sql, nowMs)
      forgetReplays(sql, nowMs)
      this.#after.touchAll()
      return purge(sql, sources, nowMs)
    })
    this.#dispatcher.wakeAtNextWork(this.#nowMs())
    await r2Payloads(bucketsOf(this.env)).remove(orphans)
  }

  #switch(to: 'paused' | 'resumed', source: string | undefined, told: PauseTold | undefined): Promise<void> {
    return this.#turns.run(() => {
      const nowMs = this.#nowMs()
      const isNews = this.mailbox.pauses.set(source, to === 'paused')
      if (isNews && told) this.#owner.hearsOfPause(to, source, told, nowMs)
      if (to === 'resumed') this.#after.touchAll()
      else this.#dispatcher.wakeAtNextWork(nowMs)
    })
  }

  #nowMs(): number {
    return systemClock.now().getTime()
  }
}
