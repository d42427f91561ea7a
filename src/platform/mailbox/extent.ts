/**
 * How many shards the app has had at most in this region, as far as this mailbox was told. Shard 0 knows of
 * all: it is an earlier home of every key, so it is asked before another shard gets its first event.
 */
export class Extent {
  readonly #sql: SqlStorage
  #shards: number

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.#shards = sql.exec<{ shards: number }>('SELECT shards FROM extent').toArray()[0]?.shards ?? 1
  }

  get shards(): number {
    return this.#shards
  }

  grow(shards: number | undefined): void {
    if (shards === undefined || shards <= this.#shards) return
    this.#sql.exec('INSERT OR REPLACE INTO extent VALUES (1, ?)', shards)
    this.#shards = shards
  }
}
