import { DurableObject } from 'cloudflare:workers'
import { ulid } from 'ulid'
import { type AuditFact, type AuditRecord, hashOf, noHash, recordOf } from '#core/audit/record.ts'
import { type ChainVerdict, type Head, verifyChain } from '#core/audit/verify.ts'
import type { Env } from '../env.ts'
import { ExpectedBatches } from './expected.ts'
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
  readonly #expected: ExpectedBatches
  #tail: Promise<unknown> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec('CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)')
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL, exported INTEGER NOT NULL, due INTEGER, chain TEXT NOT NULL)',
    )
    this.#sql.exec("INSERT OR IGNORE INTO head VALUES (1, 0, ?, 0, NULL, '')", noHash)
    this.#expected = new ExpectedBatches(this.#sql)
  }

  /**
   * Adds records in the order given; all of them, or none.
   *
   * @param batch the name of what is added, if it may be told again: it is taken once
   */
  append(chain: string, facts: readonly AuditFact[], batch?: string): Promise<Head> {
    const appended = this.#tail.then(() => this.#append(chain, facts, batch))
    this.#tail = appended.catch(() => {})
    return appended
  }

  /** Learns that a batch has begun. If it has not come in a minute, the chain says so, and it counts as lost. */
  async expect(chain: string, batch: string): Promise<void> {
    this.#expected.add(batch, Date.now())
    this.#sql.exec('UPDATE head SET chain = ?', chain)
    await this.#setAlarm()
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
    const { chain } = this.#sql.exec<{ chain: string }>('SELECT chain FROM head').one()
    for (const { batch, beganAtMs } of this.#expected.missed(Date.now())) {
      const facts = { isLost: true, since: new Date(beganAtMs).toISOString() }
      await this.append(chain, [{ type: 'app.egress', app: chain, actor: 'gateway', facts }], batch)
      await this.env.METER.getByName(chain).add({ [JSON.stringify(['audit_lost_total', {}])]: 1 }, Date.now())
    }
    await this.#export(chain)
    await this.#setAlarm()
  }

  async #export(chain: string): Promise<void> {
    const { exported, due } = this.#sql
      .exec<{ exported: number; due: number | null }>('SELECT exported, due FROM head')
      .one()
    if (due === null || due > Date.now()) return
    const end = this.#head
    try {
      await exportChain(chain, { from: exported, end }, this.#records(exported), this.env)
      const nextDue = this.#head.seq > end.seq ? Date.now() + exportAfterMs : null
      this.#sql.exec('UPDATE head SET exported = ?, due = ?', end.seq, nextDue)
    } catch {
      this.#sql.exec('UPDATE head SET due = ?', Date.now() + retryMs)
    }
  }

  /** The alarm is for whatever is due first. */
  async #setAlarm(): Promise<void> {
    const { due } = this.#sql.exec<{ due: number | null }>('SELECT due FROM head').one()
    const first = Math.min(due ?? Number.POSITIVE_INFINITY, this.#expected.dueMs ?? Number.POSITIVE_INFINITY)
    const set = await this.ctx.storage.getAlarm()
    if (Number.isFinite(first) && (set === null || set > first)) await this.ctx.storage.setAlarm(first)
  }

  async #append(chain: string, facts: readonly AuditFact[], batch: string | undefined): Promise<Head> {
    let { seq, hash } = this.#head
    if (batch !== undefined && this.#expected.isTaken(batch)) return { seq, hash }
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
      const due = Date.now() + exportAfterMs
      this.#sql.exec('UPDATE head SET seq = ?, hash = ?, chain = ?, due = COALESCE(due, ?)', seq, hash, chain, due)
      if (batch !== undefined) this.#expected.take(batch)
    })
    await this.#setAlarm()
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
