import type { BreakerChange } from '#core/delivery/pressure.ts'
import { rememberBreaker } from './breaker.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { News } from './news.ts'
import type { Owner } from './owner.ts'
import type { EventRow } from './tables.ts'
import type { Mailbox } from './wake.ts'

/** What follows from everything that a turn has changed, once for all of it. */
export class Aftermath {
  readonly #mailbox: Mailbox
  readonly #dispatcher: Dispatcher
  readonly #news: News
  readonly #owner: Owner
  /** Sources of which this turn has changed something. */
  readonly #touched = new Set<string>()

  constructor(mailbox: Mailbox, dispatcher: Dispatcher, news: News, owner: Owner) {
    this.#mailbox = mailbox
    this.#dispatcher = dispatcher
    this.#news = news
    this.#owner = owner
  }

  /** Events of a source may start that could not before. */
  touch(source: string): void {
    this.#touched.add(source)
  }

  touchAll(): void {
    for (const [source] of this.#mailbox.sources.all()) this.#touched.add(source)
  }

  /** @param row the event whose attempt made the difference */
  breakerDid(change: BreakerChange | undefined, row: EventRow, nowMs: number): void {
    const { sql, pressure } = this.#mailbox
    if (!change) return
    if (change !== 'opened') this.touchAll()
    if (change === 'freed') return
    rememberBreaker(sql, pressure.breaker.openUntilMs)
    this.#news.breakerChanged(change)
    if (change === 'opened') this.#dispatcher.wakeBy(pressure.breaker.openUntilMs)
    this.#owner.hearsOfBreaker(change, row, nowMs)
  }

  /** To be called at the end of the turn, in a transaction. */
  end(nowMs: number): void {
    for (const source of this.#touched) this.#dispatcher.dispatch(source, nowMs)
    this.#touched.clear()
    this.#dispatcher.announce(nowMs)
    for (const notice of this.#dispatcher.tell(nowMs)) this.#news.noticeGivenUp(notice)
    this.#dispatcher.restIfIdle(nowMs)
  }

  /** That transaction stands or, with what was thrown, was undone. */
  ended(failure: unknown, nowMs: number): void {
    if (failure === undefined) {
      this.#dispatcher.release()
      return
    }
    this.#dispatcher.recover(nowMs)
    this.#news.turnFailed(failure)
  }
}
