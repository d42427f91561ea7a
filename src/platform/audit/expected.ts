/** A batch that has not come so long after it began is lost: whoever held it has flushed, and tried again, long before. */
const missedAfterMs = 60_000
/** Names of batches that were taken, to know one that is told again. */
const maxTaken = 200

/** A batch that never came. */
export interface Missed {
  readonly batch: string
  readonly beganAtMs: number
}

/** The batches that a chain has been told of and has not seen yet. */
export class ExpectedBatches {
  readonly #sql: SqlStorage
  readonly #taken = new Set<string>()

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec('CREATE TABLE IF NOT EXISTS expected (batch TEXT PRIMARY KEY, began INTEGER NOT NULL) WITHOUT ROWID')
  }

  add(batch: string, nowMs: number): void {
    if (!this.#taken.has(batch)) this.#sql.exec('INSERT OR IGNORE INTO expected VALUES (?, ?)', batch, nowMs)
  }

  isTaken(batch: string): boolean {
    return this.#taken.has(batch)
  }

  /** To be called once the batch is in the chain, in the same transaction. */
  take(batch: string): void {
    this.#sql.exec('DELETE FROM expected WHERE batch = ?', batch)
    this.#taken.add(batch)
    const [oldest] = this.#taken
    if (this.#taken.size > maxTaken && oldest) this.#taken.delete(oldest)
  }

  missed(nowMs: number): Missed[] {
    const query = 'SELECT batch, began FROM expected WHERE began <= ? ORDER BY began'
    const rows = this.#sql.exec<{ batch: string; began: number }>(query, nowMs - missedAfterMs).toArray()
    return rows.map(({ batch, began }) => ({ batch, beganAtMs: began }))
  }

  /** When the next one would be missed. */
  get dueMs(): number | undefined {
    const { began } = this.#sql.exec<{ began: number | null }>('SELECT MIN(began) AS began FROM expected').one()
    return began === null ? undefined : began + missedAfterMs
  }
}
