import { mailboxOf } from '#core/delivery/event-id.ts'
import type { Notice } from '#core/owner/notice.ts'
import type { CounterName, Counters, Log } from '#core/ports.ts'

/** What a mailbox tells the outside about itself: counters and log lines, under the name of its app. */
export class News {
  readonly #sql: SqlStorage
  readonly #counters: Counters
  readonly #log: Log

  constructor(sql: SqlStorage, counters: Counters, log: Log) {
    this.#sql = sql
    this.#counters = counters
    this.#log = log
  }

  /** An attempt of a source ended without a report. */
  attemptLost(source: string): void {
    this.#count('delivery_outcome_unknown_total', { source }, 1)
  }

  breakerChanged(change: 'opened' | 'closed'): void {
    this.#count('breaker_changes_total', { change }, 1)
    this.#log.write(change === 'opened' ? 'warn' : 'info', 'breaker', { app: this.#app(), change })
  }

  noticeGivenUp({ id, type, count, since }: Notice): void {
    this.#count('owner_notices_total', { type, result: 'given-up' }, 1)
    this.#log.write('error', 'owner-untold', { app: this.#app(), type, id, count, since, result: 'given-up' })
  }

  turnFailed(failure: unknown): void {
    this.#log.write('error', 'mailbox-turn-failed', { app: this.#app(), detail: String(failure) })
  }

  #count(name: CounterName, labels: Readonly<Record<string, string>>, by: number): void {
    const app = this.#app()
    if (app !== undefined) this.#counters.count(app, name, labels, by)
  }

  /** An object is not told its name, but each of its events bears it. */
  #app(): string | undefined {
    const query = 'SELECT id FROM events ORDER BY seq LIMIT 1'
    const { id } = this.#sql.exec<{ id: string }>(query).toArray()[0] ?? {}
    return id === undefined ? undefined : mailboxOf(id)?.app
  }
}
