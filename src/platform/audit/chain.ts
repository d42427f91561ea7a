import { DurableObject } from 'cloudflare:workers'
import { ulid } from 'ulid'
import { type AuditFact, type AuditRecord, hashOf, noHash, recordOf } from '#core/audit/record.ts'
import { type ChainVerdict, type Head, verifyChain } from '#core/audit/verify.ts'
import type { Env } from '../env.ts'
import { exportChain } from './export.ts'

/** How long records wait to be exported together. */
const exportAfterMs = 3_600_000
const retryMs = 300_000
/** Records read at once while verifying or exporting. */
const pageSize = 500

/**
 * The audit log of one app, or of the fleet: records that only ever grow, each naming the hash of the one
 * before. Nobody hears that something is recorded before it is on disk. One chain takes some hundred records a
 * second, as each waits for the hash of the last; operators do not act faster, and egress records come in batches.
 */
export class AuditChainObject extends DurableObject<Env> {
  readonly #sql: SqlStorage
  #tail: Promise<unknown> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec('CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)')
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL, exported INTEGER NOT NULL, chain TEXT NOT NULL)',
    )
    this.#sql.exec("INSERT OR IGNORE INTO head VALUES (1, 0, ?, 0, '')", noHash)
  }

  /** Adds records in the order given; all of them, or none. */
  append(chain: string, facts: readonly AuditFact[]): Promise<Head> {
    const appended = this.#tail.then(() => this.#append(chain, facts))
    this.#tail = appended.catch(() => {})
    return appended
  }

  /** Records with numbers below `before`, newest first. */
  list({ before, limit }: { readonly before?: number; readonly limit: number }): AuditRecord[] {
    const query = 'SELECT json FROM records WHERE seq < ? ORDER BY seq DESC LIMIT ?'
    const rows = this.#sql.exec<{ json: string }>(query, before ?? Number.MAX_SAFE_INTEGER, limit).toArray()
    return rows.map(({ json }) => JSON.parse(json))
  }

  async verify(): Promise<ChainVerdict> {
    return verifyChain(this.#records(0), { end: this.#head })
  }

  override async alarm(): Promise<void> {
    const query = 'SELECT exported, chain FROM head'
    const { exported, chain } = this.#sql.exec<{ exported: number; chain: string }>(query).one()
    const end = this.#head
    if (end.seq === exported) return
    try {
      await exportChain(chain, { from: exported, end }, this.#records(exported), this.env)
      this.#sql.exec('UPDATE head SET exported = ?', end.seq)
      if (this.#head.seq > end.seq) await this.ctx.storage.setAlarm(Date.now() + exportAfterMs)
    } catch {
      await this.ctx.storage.setAlarm(Date.now() + retryMs)
    }
  }

  async #append(chain: string, facts: readonly AuditFact[]): Promise<Head> {
    let { seq, hash } = this.#head
    const records: AuditRecord[] = []
    for (const fact of facts) {
      const about = { id: ulid(), time: new Date().toISOString(), environment: String(this.env.ENVIRONMENT ?? '') }
      const record = recordOf(fact, { seq, hash }, about)
      records.push(record)
      seq = record.auditseq
      hash = await hashOf(record)
    }
    this.ctx.storage.transactionSync(() => {
      for (const record of records)
        this.#sql.exec('INSERT INTO records VALUES (?, ?)', record.auditseq, JSON.stringify(record))
      this.#sql.exec('UPDATE head SET seq = ?, hash = ?, chain = ?', seq, hash, chain)
    })
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + exportAfterMs)
    return { seq, hash }
  }

  get #head(): Head {
    return this.#sql.exec<{ seq: number; hash: string }>('SELECT seq, hash FROM head').one()
  }

  *#records(after: number): Iterable<unknown> {
    let last = after
    for (;;) {
      const query = 'SELECT seq, json FROM records WHERE seq > ? ORDER BY seq LIMIT ?'
      const rows = this.#sql.exec<{ seq: number; json: string }>(query, last, pageSize).toArray()
      for (const { seq, json } of rows) {
        last = seq
        yield parsed(json)
      }
      if (rows.length < pageSize) return
    }
  }
}

/** What is no JSON any more is a record that was edited. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
