import { DurableObject } from 'cloudflare:workers'
import type { ArchivedEvent, ContentsPage, EventFilter, EventView, StoredEvent } from '#core/delivery/event.ts'
import { Pressure } from '#core/delivery/pressure.ts'
import type { ReplayOrder, ReplayView } from '#core/delivery/replay.ts'
import { systemClock } from '../clock.ts'
import type { Env } from '../env.ts'
import { aliased } from './aliases.ts'
import { openUntilMs } from './breaker.ts'
import { Extent } from './extent.ts'
import { Pauses } from './pauses.ts'
import { countMatching, showReplay } from './replays.ts'
import { Sources } from './sources.ts'
import { tables } from './tables.ts'
import { contents, list, open, rowOf, show } from './views.ts'
import type { Mailbox } from './wake.ts'

/** A mailbox as far as it can be read: nothing in here changes or wakes anything. */
export abstract class ReadableMailbox extends DurableObject<Env> {
  protected readonly mailbox: Mailbox
  protected readonly extent: Extent

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { sql } = ctx.storage
    sql.exec(tables)
    const pressure = new Pressure(systemClock.now().getTime(), openUntilMs(sql))
    this.mailbox = { sql, sources: new Sources(sql), pauses: new Pauses(sql), pressure }
    this.extent = new Extent(sql)
  }

  list(filter: EventFilter, page: { limit: number; before?: string }): EventView[] {
    return list(this.mailbox.sql, filter, page)
  }

  show(eventId: string): EventView | undefined {
    return show(this.mailbox.sql, eventId)
  }

  countReplay(order: ReplayOrder): number {
    return countMatching(this.mailbox.sql, order)
  }

  showReplay(id: string): ReplayView | undefined {
    return showReplay(this.mailbox.sql, id)
  }

  /** Which of these sources are paused. */
  paused(sources: readonly string[]): string[] {
    return this.mailbox.pauses.among(sources)
  }

  open(eventId: string): ArchivedEvent | undefined {
    return open(this.mailbox.sql, eventId)
  }

  contents(page: ContentsPage): StoredEvent[] {
    return contents(this.mailbox.sql, page)
  }

  /** Which of these events it still holds. */
  known(eventIds: readonly string[]): string[] {
    return eventIds.filter(id => rowOf(this.mailbox.sql, id) !== undefined)
  }

  /** The event that an id is another name of. */
  meant(id: string): string | undefined {
    return aliased(this.mailbox.sql, id)
  }

  /** How many shards the app has had at most in this region; asked of shard 0. */
  shards(): number {
    return this.extent.shards
  }
}
